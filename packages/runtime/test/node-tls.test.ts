import { writeFileSync } from "node:fs";
import * as net from "node:net";
import * as tls from "node:tls";
import { KEY_KINDS, revocationList } from "@nodetcd/certificates";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Socket, TlsClientOptions, TlsRejection, TlsServerOptions } from "@nodetcd/runtime";
import { nodeDisk, nodeNetwork } from "@nodetcd/runtime/node";
import type { HandshakeBounds } from "../src/node/tls/handshakes.ts";
import { NodeTlsServer } from "../src/node/tls/server.ts";
import { authority, DAY_MS, file, files, made, stranger, validity } from "./support/tls-files.ts";

const LOOPBACK = "127.0.0.1";
const own = await made();
const trustedCaFile = file("ca.crt", authority.cert);

interface Server {
  readonly port: number;
  readonly rejections: TlsRejection[];
  readonly sockets: Socket[];
  readonly tls: NodeTlsServer;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Echoes on TLS connections. */
async function serve(
  options: Partial<TlsServerOptions> = {},
  bounds?: HandshakeBounds,
): Promise<Server> {
  const rejections: TlsRejection[] = [];
  const sockets: Socket[] = [];
  const tls = new NodeTlsServer(
    { disk: nodeDisk, ...files(own), alpn: ["http/1.1", "h2"], ...options },
    {
      onSecure(socket) {
        sockets.push(socket);
        socket.onData = (chunk) => void socket.write(chunk);
        socket.onEnd = () => socket.end();
      },
      onRejected: (rejection) => void rejections.push(rejection),
    },
    bounds,
  );
  const listener = await nodeNetwork.listen({
    host: LOOPBACK,
    port: 0,
    onSocket: (socket) => tls.take(socket),
  });
  closing.push(() => {
    tls.close();
    for (const socket of sockets) socket.destroy();
    void listener.close();
  });
  return { port: listener.port, rejections, sockets, tls };
}

function dial(port: number, tls: TlsClientOptions = {}): Promise<Socket> {
  return nodeNetwork.connect({
    host: LOOPBACK,
    port,
    timeoutMs: 2_000,
    tls: { ca: authority.cert, ...tls },
  });
}

/** What comes back for `text`, or why nothing does. */
function echo(socket: Socket, text = "hello"): Promise<string> {
  return new Promise((resolve) => {
    socket.onData = (chunk) => {
      resolve(Buffer.from(chunk).toString());
      socket.destroy();
    };
    socket.onClose = (error) => resolve(`closed: ${error?.message ?? ""}`);
    socket.write(Buffer.from(text));
  });
}

const mutual = { clients: { trustedCaFile } };

describe("tlsServer()", () => {
  test.each(KEY_KINDS.filter((kind) => kind !== "rsa-4096"))(
    "carries bytes with a key of kind %s",
    async (keyKind) => {
      const { port, rejections } = await serve(files(await made({ keyKind })));
      expect(await echo(await dial(port))).toBe("hello");
      expect(rejections).toEqual([]);
    },
    20_000,
  );

  test("chooses h2 for those who offer nothing else, http/1.1 for those who offer both", async () => {
    const { port } = await serve();
    const chosen = async (alpn: string[]): Promise<string> => {
      const socket = await dial(port, { alpn });
      socket.destroy();
      return socket.alpnProtocol;
    };
    expect(await chosen(["h2"])).toBe("h2");
    expect(await chosen(["h2", "http/1.1"])).toBe("http/1.1");
    expect(await chosen([])).toBe("");
    await expect(chosen(["foo"])).rejects.toThrow("no application protocol");
  });

  test("knows the client by its certificate", async () => {
    const { port, sockets } = await serve(mutual);
    const { cert, key } = await made({
      commonName: "alice",
      hosts: ["a.example", "::1", "10.0.0.1"],
    });
    const socket = await dial(port, { cert, key });
    expect(await echo(socket)).toBe("hello");
    const { peerCertificate } = sockets[0]!;
    expect(peerCertificate).toMatchObject({
      commonName: "alice",
      dnsNames: ["a.example"],
      ipAddresses: ["::1", "10.0.0.1"],
    });
    expect(peerCertificate?.covers("a.example")).toBe(true);
    expect(peerCertificate?.covers("10.0.0.1")).toBe(true);
    expect(peerCertificate?.covers("alice")).toBe(false);
    expect(socket.peerCertificate?.commonName).toBe("m1");
  });

  test("new handshakes take new files, connections stay, and bad files refuse what comes", async () => {
    const { certFile, keyFile } = files(own);
    const { port, rejections } = await serve({ certFile, keyFile });
    const first = await dial(port);
    const other = await made({ commonName: "m2" });
    writeFileSync(certFile, other.cert);
    await expect(dial(port)).rejects.toThrow("Cannot connect");
    writeFileSync(keyFile, other.key);
    const second = await dial(port);
    expect(second.peerCertificate?.commonName).toBe("m2");
    writeFileSync(keyFile, "junk");
    await expect(dial(port)).rejects.toThrow(/alert internal error|internal_error/i);
    expect(await echo(first)).toBe("hello");
    expect(await echo(second)).toBe("hello");
    writeFileSync(keyFile, other.key);
    expect(await echo(await dial(port))).toBe("hello");
    expect(rejections.map(({ error }) => error)).toEqual([
      "tls: private key does not match public key",
      "tls: failed to find any PEM data in key input",
    ]);
  });

  test.each([
    ["no certificate", {}, "tls: client didn't provide a certificate"],
    [
      "a stranger's",
      { by: stranger },
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ],
    [
      "one for servers",
      { usages: ["server" as const] },
      "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage",
    ],
    [
      "an old one",
      { validity: { now: Date.now() - 9 * DAY_MS, days: 1 } },
      "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    ],
  ])("refuses a client with %s", async (what, changes, error) => {
    const { port, rejections, sockets } = await serve(mutual);
    const { by, ...rest } = { by: authority, ...changes };
    const pair = what === "no certificate" ? {} : await made(rest, by);
    // With TLS 1.3 a client is through before the server has seen its certificate.
    const outcome = await dial(port, pair).then((socket) => echo(socket), String);
    expect(outcome).not.toBe("hello");
    await vi.waitFor(() => expect(rejections.map((each) => each.error)).toEqual([error]), 150_000);
    expect(rejections[0]?.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(sockets).toEqual([]);
  });

  test("GHSA-3wh4-j44w-pg92: refuses a revoked certificate, from the moment that the list says so", async () => {
    const good = await made({ commonName: "good" });
    const bad = await made({ commonName: "bad" });
    const list = (certificates: string[]) => revocationList(authority, { certificates, validity });
    const crlFile = file("list.crl", await list([good.cert]));
    const { port, rejections } = await serve({ clients: { trustedCaFile, crlFile } });
    expect(await echo(await dial(port, bad))).toBe("hello");
    writeFileSync(crlFile, await list([bad.cert]));
    expect(await echo(await dial(port, bad))).toContain("closed");
    expect(await echo(await dial(port, good))).toBe("hello");
    writeFileSync(crlFile, "-----BEGIN X509 CRL-----");
    expect(await echo(await dial(port, good))).toContain("closed");
    expect(rejections.map(({ error }) => error)).toEqual([
      expect.stringMatching(/^transport: certificate serial [0-9a-f]+ revoked$/),
      "x509: malformed crl",
    ]);
    expect(rejections[0]?.certificate?.commonName).toBe("bad");
  });

  test("asks for allowed names", async () => {
    const rules = [
      { allowedCommonNames: ["m1", "m2"] },
      { allowedHostnames: ["a.example", "10.0.0.1"] },
    ];
    for (const rule of rules) {
      const { port, rejections } = await serve({ clients: { trustedCaFile, ...rule } });
      const good = await made({ commonName: "m2", hosts: ["10.0.0.1"] });
      expect(await echo(await dial(port, good))).toBe("hello");
      const bad = await made({ commonName: "m3", hosts: ["b.example"] });
      expect(await echo(await dial(port, bad))).toContain("closed");
      expect(rejections).toMatchObject([
        {
          error: "client certificate authentication failed",
          certificate: { dnsNames: ["b.example"] },
        },
      ]);
    }
  });

  test("asks a peer for its address where that is wanted", async () => {
    const { port, rejections } = await serve({ clients: { trustedCaFile, checkAddress: true } });
    for (const hosts of [[], ["127.0.0.1"], ["localhost"], ["10.0.0.1", "localhost"]]) {
      expect(await echo(await dial(port, await made({ hosts }))), hosts.join()).toBe("hello");
    }
    for (const hosts of [["10.0.0.1"], ["nowhere.invalid"]]) {
      expect(await echo(await dial(port, await made({ hosts })))).toContain("closed");
    }
    expect(rejections.map(({ error }) => error)).toEqual([
      "x509: certificate is valid for 10.0.0.1, not 127.0.0.1",
      expect.stringMatching(
        /^tls: "127.0.0.1" does not match any of DNSNames \["nowhere.invalid"\]/,
      ),
    ]);
  });

  test("says what it has got when no handshake comes", async () => {
    const { port, rejections } = await serve();
    const closed = new Promise((resolve) => {
      net.connect(port, LOOPBACK).on("close", resolve).end("GET / HTTP/1.1\r\n\r\n");
    });
    await closed;
    net.connect(port, LOOPBACK).end();
    await vi.waitFor(() => expect(rejections).toHaveLength(2), 150_000);
    expect(rejections).toMatchObject([
      { error: "tls: first record does not look like a TLS handshake", isEof: false },
      { error: "EOF", isEof: true },
    ]);
  });

  test("refuses files that are missing, or no pair, at once", async () => {
    const pair = files(own);
    const other = files(await made());
    const make = (options: Partial<TlsServerOptions>) =>
      nodeNetwork.tlsServer(
        { disk: nodeDisk, ...pair, alpn: [], ...options },
        { onSecure: () => undefined, onRejected: () => undefined },
      );
    expect(() => make({ certFile: "/no/where" })).toThrow(
      "open /no/where: no such file or directory",
    );
    expect(() => make({ keyFile: other.keyFile })).toThrow(
      "tls: private key does not match public key",
    );
    expect(() => make({ cipherSuites: ["TLS_FOO"] })).toThrow(
      'unexpected TLS cipher suite "TLS_FOO"',
    );
    expect(() => make({ clients: { trustedCaFile: "/no/ca" } })).toThrow(
      "open /no/ca: no such file",
    );
  });
});

describe("bounds of handshakes", () => {
  test("GHSA-6vch-q96h-7gc3, CVE-2026-73500: a silent and a half-open connection are cut in time", async () => {
    const { port, rejections } = await serve({}, { timeoutMs: 100, max: 10, begunPerTurn: 4 });
    const silent = net.connect(port, LOOPBACK).on("error", () => undefined);
    const half = net.connect(port, LOOPBACK).on("error", () => undefined);
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await Promise.all(
      [silent, half].map((each) => new Promise((resolve) => each.resume().on("close", resolve))),
    );
    expect(rejections.map(({ error }) => error)).toEqual([
      expect.stringMatching(/^read tcp 127.0.0.1:\d+->127.0.0.1:\d+: i\/o timeout$/),
      expect.stringMatching(/i\/o timeout$/),
    ]);
  });

  test("there is one on each connection", async () => {
    const { port } = await serve();
    const socket = tls.connect({ port, host: LOOPBACK, ca: authority.cert, maxVersion: "TLSv1.2" });
    await new Promise((resolve) => socket.on("secureConnect", resolve));
    const error = await new Promise<Error | null>((resolve) => {
      socket.on("error", resolve);
      socket.renegotiate({}, resolve);
    });
    expect(error?.message).toContain("no renegotiation");
    socket.destroy();
  });

  test("with too many at once the oldest gives way, and an honest client gets through", async () => {
    const bounds = { timeoutMs: 60_000, max: 20, begunPerTurn: 4 };
    const { port, tls } = await serve({}, bounds);
    const idle = await dial(port);
    const hostile: net.Socket[] = [];
    for (let i = 0; i < 200; i++) {
      const socket = net.connect(port, LOOPBACK).on("error", () => undefined);
      if (i % 2 === 0) socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
      hostile.push(socket);
    }
    await vi.waitFor(() => expect(hostile.filter((each) => each.connecting)).toEqual([]), 150_000);
    await vi.waitFor(() => expect(tls.handshakes.size).toBe(20), 150_000);
    expect(await echo(await dial(port))).toBe("hello");
    expect(await echo(idle)).toBe("hello");
    for (const socket of hostile) socket.destroy();
    await vi.waitFor(() => expect(tls.handshakes.size).toBe(0), 150_000);
  });
});

describe("connect() with TLS", () => {
  test("takes only a certificate that is trusted and made for the host", async () => {
    const { port } = await serve(
      files(await made({ commonName: LOOPBACK, hosts: ["db.example"] })),
    );
    await expect(dial(port)).rejects.toThrow(
      "tls: failed to verify certificate: x509: certificate is valid for db.example, not 127.0.0.1",
    );
    expect(await echo(await dial(port, { serverName: "db.example" }))).toBe("hello");
    await expect(dial(port, { serverName: "db.example", ca: stranger.cert })).rejects.toThrow(
      "x509: certificate signed by unknown authority",
    );
    expect(await echo(await dial(port, { ca: stranger.cert, skipVerify: true }))).toBe("hello");
  });

  test("says what is wrong at a port without TLS", async () => {
    const listener = await nodeNetwork.listen({
      host: LOOPBACK,
      port: 0,
      onSocket: (socket) => (socket.onData = () => socket.end()),
    });
    await expect(dial(listener.port)).rejects.toThrow("EOF in the TLS handshake");
    await listener.close();
  });
});

import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, type IssueOptions, makeAuthority, revocationList } from "@nodetcd/certificates";
import { Channel } from "@nodetcd/grpc";
import { type Init, type Method, METHODS } from "@nodetcd/messages";
import { type LogFields, type Logger, silentLogger, type TlsClientOptions } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { defaultConfig, type Member, type MemberConfig, startMember } from "../../src/server.ts";
import { checkConfig } from "../../src/config-check.ts";

const directory = mkdtempSync(join(tmpdir(), "server-tls-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const validity = { now: Date.now() - 1_000, days: 10 };
const authority = await makeAuthority({ commonName: "test", validity });
const made = (changes: Partial<IssueOptions> = {}) =>
  issue(authority, {
    commonName: "m1",
    hosts: ["localhost", "127.0.0.1"],
    usages: ["server", "client"],
    validity,
    ...changes,
  });
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const own = await made();
const certFile = file("own.crt", own.cert);
const keyFile = file("own.key", own.key);
const trustedCaFile = file("ca.crt", authority.cert);

const members: Member[] = [];
afterEach(async () => {
  for (const member of members.splice(0)) await member.stop();
});

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

let started = 0;
async function start(
  config: Partial<MemberConfig>,
): Promise<{ member: Member; lines: Line[]; dataDir: string }> {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  const logger: Logger = {
    ...silentLogger,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
  const dataDir = join(directory, `${started++}.etcd`);
  const member = await startMember(
    nodeRuntime,
    {
      ...defaultConfig,
      dataDir,
      listenPeerUrls: [],
      unsafeNoFsync: true,
      listenClientUrls: ["https://127.0.0.1:0"],
      clientTls: { certFile, keyFile },
      ...config,
    },
    logger,
  );
  members.push(member);
  return { member, lines, dataDir };
}

const portOf = (url: string | undefined): number => Number(/:(\d+)$/.exec(url ?? "")?.[1]);

async function call<Request, Reply>(
  port: number,
  tls: TlsClientOptions | undefined,
  method: Method<Request, Reply>,
  fields: Init<Request>,
): Promise<Reply> {
  const channel = new Channel({
    host: "127.0.0.1",
    port,
    network: nodeRuntime.network,
    clock: nodeRuntime.clock,
    ...(tls === undefined ? {} : { tls: { ca: authority.cert, ...tls } }),
  });
  try {
    const request = method.request.encode(fields);
    return method.response.decode(await channel.unary(method.path, request, { timeoutMs: 5_000 }));
  } finally {
    channel.close();
  }
}

/** Revision of the store, by gRPC. */
async function revision(port: number, tls?: TlsClientOptions): Promise<number> {
  const reply = await call(port, tls, METHODS.KV.Range, { key: Buffer.from("a") });
  return Number(reply.header?.revision);
}

interface Asking {
  readonly cert?: string;
  readonly key?: string;
  readonly ALPNProtocols?: string[];
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** Status and body, or why there is none. */
function get(url: string, options: Asking = {}, body = ""): Promise<string> {
  const { request: ask } = url.startsWith("https") ? https : http;
  return new Promise((resolve) => {
    const asked = ask(url, { ca: authority.cert, agent: false, ...options }, (reply) => {
      let text = `${reply.statusCode} `;
      reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
      reply.on("end", () => resolve(text));
    });
    asked.on("error", (error) => resolve(error.message));
    asked.end(body);
  });
}

const HEALTHY = '200 {"health":"true","reason":""}';

describe("client URLs with TLS", () => {
  test("serve gRPC and HTTP, beside plain ones at the same port", async () => {
    const { member, lines } = await start({
      listenClientUrls: ["http://127.0.0.1:0", "https://127.0.0.1:0"],
    });
    const [plain, secure] = member.clientUrls.map(portOf);
    expect(secure).toBe(plain);
    expect(await revision(secure!, {})).toBe(1);
    expect(await revision(plain!)).toBe(1);
    expect(await get(`https://127.0.0.1:${secure}/health`)).toBe(HEALTHY);
    expect(await get(`http://127.0.0.1:${secure}/health`)).toBe(HEALTHY);
    const serving = lines.filter(({ message }) => message.startsWith("serving client traffic"));
    expect(serving.map(({ message }) => message)).toEqual([
      "serving client traffic insecurely; this is strongly discouraged!",
      "serving client traffic securely",
    ]);
    expect(lines.map(({ message }) => message)).toContain(
      "scheme is http or unix while key and cert files are present; ignoring key and cert files",
    );
  });

  test("alone serve nothing to plain clients, and say who came", async () => {
    const { member, lines } = await start({});
    const port = portOf(member.clientUrls[0]);
    expect(await get(`http://127.0.0.1:${port}/health`)).toBe("socket hang up");
    await expect(revision(port)).rejects.toThrow("Error while dialing");
    const rejected = lines.filter(
      ({ message }) => message === "rejected connection on client endpoint",
    );
    expect(rejected).toHaveLength(2);
    expect(rejected[0]).toEqual({
      level: "warn",
      message: "rejected connection on client endpoint",
      fields: {
        "remote-addr": expect.stringMatching(/^127.0.0.1:\d+$/),
        "server-name": "",
        error: "tls: first record does not look like a TLS handshake",
      },
    });
  });

  test("serve at a socket file as unixs", async () => {
    const path = join(directory, "secure.sock");
    await start({ listenClientUrls: [`unixs://${path}`] });
    const socket = await nodeRuntime.network.connectUnix({
      path,
      timeoutMs: 2_000,
      tls: { ca: authority.cert, serverName: "localhost", alpn: ["h2"] },
    });
    expect(socket.alpnProtocol).toBe("h2");
    socket.destroy();
  });

  test("with addresses for HTTP alone carry gRPC alone", async () => {
    const { member } = await start({
      listenClientHttpUrls: ["https://localhost:0"],
    });
    const port = portOf(member.clientUrls[0]);
    expect(await revision(port, { alpn: ["h2"] })).toBe(1);
    expect(await get(`https://127.0.0.1:${port}/health`, { ALPNProtocols: ["http/1.1"] })).toMatch(
      /alert|reset|hang up/,
    );
  });

  test("take only whom a trusted authority has signed", async () => {
    const { member, lines } = await start({ clientTls: { certFile, keyFile, trustedCaFile } });
    const port = portOf(member.clientUrls[0]);
    expect(await revision(port, await made())).toBe(1);
    await expect(revision(port, {})).rejects.toThrow();
    await expect
      .poll(() => lines.at(-1)?.fields["error"])
      .toBe("tls: client didn't provide a certificate");
  });
});

const root = await made({ commonName: "root" });

describe("users by certificate", () => {
  const { Auth, KV } = METHODS;
  const clientTls = { certFile, keyFile, clientCertAuth: true, trustedCaFile };

  /** A member whose own certificate names root; authentication is on. */
  async function guarded(config: Partial<MemberConfig> = {}): Promise<number> {
    const server = await made({ commonName: "root" });
    const { member } = await start({
      bcryptCost: 4,
      ...config,
      clientTls: {
        ...clientTls,
        certFile: file("root.crt", server.cert),
        keyFile: file("root.key", server.key),
      },
    });
    const port = portOf(member.clientUrls[0]);
    for (const name of ["root", "ann"]) {
      await call(port, root, Auth.UserAdd, { name, options: { noPassword: true } });
    }
    await call(port, root, Auth.RoleAdd, { name: "ann" });
    await call(port, root, Auth.RoleGrantPermission, {
      name: "ann",
      perm: { key: Buffer.from("a"), permType: 2 },
    });
    await call(port, root, Auth.UserGrantRole, { user: "ann", role: "ann" });
    await call(port, root, Auth.UserGrantRole, { user: "root", role: "root" });
    await call(port, root, Auth.AuthEnable, {});
    return port;
  }
  const range = JSON.stringify({ key: "YQ==" });

  test("the common name is the user, for the audit log as well; a name that is no user may touch nothing", async () => {
    const auditLog = join(directory, "audit.log");
    const port = await guarded({ auditLog, auditLogRules: "keys:Put;none:*" });
    const put = (tls: TlsClientOptions, key: string) =>
      call(port, tls, KV.Put, { key: Buffer.from(key) });
    const ann = await made({ commonName: "ann" });
    expect((await put(ann, "a")).header?.revision).toBe(2);
    await expect(put(ann, "b")).rejects.toThrow("permission denied");
    expect((await put(root, "b")).header?.revision).toBe(3);
    const nobody = await made({ commonName: "nobody" });
    await expect(put(nobody, "a")).rejects.toThrow("permission denied");
    await members[0]?.stop();
    const lines = readFileSync(auditLog, "utf8").trim().split("\n");
    expect(
      lines.map((line) => {
        const { user, auth, outcome } = JSON.parse(line) as Record<string, unknown>;
        return [user, auth, outcome];
      }),
    ).toEqual([
      ["ann", "certificate", "OK"],
      ["ann", "certificate", "PERMISSION_DENIED"],
      ["root", "certificate", "OK"],
      ["nobody", "certificate", "PERMISSION_DENIED"],
    ]);
  });

  test("CVE-2018-16886: the gateway takes nobody for the user of a certificate, neither the client's nor its own", async () => {
    const port = await guarded();
    const url = `https://127.0.0.1:${port}/v3/kv/range`;
    const unnamed = await made({ commonName: "" });
    const variants: Record<string, string>[] = [
      {},
      { "user-agent": "x", accept: "*/*", "content-type": "application/json" },
      { "grpcgateway-accept": "*/*", "x-forwarded-for": "127.0.0.1" },
    ];
    for (const headers of variants) {
      const said = await get(url, { ...unnamed, method: "POST", headers }, range);
      expect(said).toContain("etcdserver: user name is empty");
      expect(said).toMatch(/^400 /);
    }
    for (const each of [root, await made({ commonName: "ann" })]) {
      expect(await get(url, { ...each, method: "POST" }, range)).toBe(
        "400 CommonName of client sending a request against gateway will be ignored and not used as expected\n",
      );
      expect(await get(`https://127.0.0.1:${port}/health`, each)).toBe(HEALTHY);
    }
  });

  test.each([
    ["one port", {}],
    ["gRPC alone", { listenClientHttpUrls: ["https://localhost:0"] }],
  ] as const)(
    "GHSA-3wh4-j44w-pg92: a revoked certificate gets no answer at %s",
    async (_, config) => {
      const [bad, good] = [await made({ commonName: "bad" }), await made()];
      const list = await revocationList(authority, { certificates: [bad.cert], validity });
      const crlFile = join(directory, "revoked.crl");
      writeFileSync(crlFile, list);
      const { member } = await start({ ...config, clientTls: { ...clientTls, crlFile } });
      const port = portOf(member.clientUrls[0]);
      expect(await revision(port, good)).toBe(1);
      await expect(revision(port, bad)).rejects.toThrow();
    },
  );
});

test("metrics URLs with TLS look at the client's address as well", async () => {
  const { lines } = await start({
    clientTls: { certFile, keyFile, clientCertAuth: true, trustedCaFile },
    listenMetricsUrls: ["https://127.0.0.1:0"],
  });
  const url = lines.find(({ message }) => message === "serving metrics")?.fields["address"];
  expect(await get(`${String(url)}/health`, await made())).toBe(HEALTHY);
  expect(await get(`${String(url)}/health`, await made({ hosts: ["10.0.0.1"] }))).not.toContain(
    "200",
  );
  expect(lines.at(-1)).toMatchObject({
    message: "rejected connection on client endpoint",
    fields: {
      "ip-addresses": ["10.0.0.1"],
      error: "x509: certificate is valid for 10.0.0.1, not 127.0.0.1",
    },
  });
});

test("peer URLs with TLS want a certificate, too", async () => {
  const peerTls = { certFile, keyFile, clientCertAuth: true, trustedCaFile };
  const { lines } = await start({ listenPeerUrls: ["https://127.0.0.1:0"], peerTls });
  const address = lines.find(({ message }) => message === "serving peer traffic")?.fields[
    "address"
  ];
  expect(await get(`https://${String(address)}/version`, await made())).toContain("200 ");
  expect(await get(`https://${String(address)}/version`)).not.toContain("200");
  expect(lines.at(-1)?.message).toBe("rejected connection on peer endpoint");
});

describe("autoTls", () => {
  test("makes a certificate in the data directory, and finds it again", async () => {
    const config = { listenClientUrls: ["https://127.0.0.1:0"], clientTls: { autoTls: true } };
    const { member, lines, dataDir } = await start(config);
    const folder = join(dataDir, "fixtures/client");
    const pem = readFileSync(join(folder, "cert.pem"), "utf8");
    const certificate = new X509Certificate(pem);
    expect(certificate.subjectAltName).toBe("IP Address:127.0.0.1");
    expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(
      365 * 86_400_000,
    );
    const modes = ["", "cert.pem", "key.pem"].map(
      (name) => statSync(join(folder, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o644, 0o600]);
    expect(await revision(portOf(member.clientUrls[0]), { skipVerify: true })).toBe(1);
    expect(lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "automatically generate certificates",
        "created cert file",
        "created key file",
      ]),
    );
    await member.stop();
    const again = await start({ ...config, dataDir });
    expect(again.lines.map(({ message }) => message)).not.toContain("created cert file");
    expect(readFileSync(join(folder, "cert.pem"), "utf8")).toBe(pem);
    expect(await revision(portOf(again.member.clientUrls[0]), { ca: pem })).toBe(1);
  });
});

describe("checkConfig() refuses, in etcd's words,", () => {
  const secure = { listenClientUrls: ["https://127.0.0.1:1"], clientTls: { certFile, keyFile } };
  test.each<[Partial<MemberConfig>, string]>([
    [
      { listenClientUrls: ["https://127.0.0.1:1"] },
      "TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:1 with HTTPS scheme",
    ],
    [
      { listenPeerUrls: ["https://127.0.0.1:1"] },
      "cannot listen on TLS for 127.0.0.1:1: KeyFile and CertFile are not presented",
    ],
    [
      { listenMetricsUrls: ["https://127.0.0.1:1"] },
      "client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url",
    ],
    [{ clientTls: { certFile: "a" } }, "KeyFile and CertFile must both be present[key: , cert: a]"],
    [
      { clientTls: { clientKeyFile: "a" } },
      "ClientKeyFile and ClientCertFile must both be present or both absent: key: a, cert: ]",
    ],
    [
      { cipherSuites: ["X"] },
      'unexpected TLS cipher suite "X"; known are TLS_AES_128_GCM_SHA256, ',
    ],
    [
      { ...secure, cipherSuites: ["TLS_RSA_WITH_AES_128_CBC_SHA"] },
      "http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher",
    ],
    [
      { tlsMinVersion: "TLS1.1" as "" },
      'unexpected TLS version "TLS1.1" (must be one of: TLS1.2, TLS1.3)',
    ],
    [
      { tlsMinVersion: "TLS1.3", tlsMaxVersion: "TLS1.2" },
      "min version (TLS1.3) is greater than max version (TLS1.2)",
    ],
    [
      { tlsMinVersion: "TLS1.3", cipherSuites: ["TLS_RSA_WITH_AES_128_CBC_SHA"] },
      "cipher suites cannot be configured when only TLS1.3 is enabled",
    ],
    [
      { peerTls: { allowedCommonNames: ["a", "b"], allowedHostnames: ["c"] } },
      'AllowedCNs and AllowedHostnames are mutually exclusive (cns=["a" "b"], hostnames=["c"])',
    ],
    [
      { clientTls: { autoTls: true }, selfSignedCertValidity: 0 },
      "selfSignedCertValidity is invalid,it should be greater than 0",
    ],
  ])("%j", (config, text) => {
    expect(() => checkConfig({ ...defaultConfig, ...config })).toThrow(text);
  });

  test("files that are missing, without leaving anything bound", async () => {
    const clientTls = { certFile, keyFile: "/no/where.key" };
    await expect(start({ clientTls })).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: "open /no/where.key: no such file or directory",
    });
  });
});

test("GHSA-5x4g-q5rc-36jp: openssl finds nothing older than TLS 1.2, and no suite that is not forward secret", async () => {
  const { member } = await start({});
  const connect = `127.0.0.1:${portOf(member.clientUrls[0])}`;
  const openssl = process.env["OPENSSL_BIN"] ?? "openssl";
  const handshake = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const all = ["s_client", "-connect", connect, "-brief", ...args];
      const child = execFile(openssl, all, { timeout: 150_000 }, (error) =>
        resolve(error === null ? "ok" : "refused"),
      );
      child.stdin?.end();
    });
  expect(await handshake("-tls1_3")).toBe("ok");
  expect(await handshake("-tls1_2")).toBe("ok");
  expect(await handshake("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")).toBe("refused");
  expect(await handshake("-tls1_2", "-cipher", "kRSA:@SECLEVEL=0")).toBe("refused");
  expect(await handshake("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")).toBe(
    "refused",
  );
});

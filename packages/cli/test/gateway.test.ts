import { createServer, connect, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { issue, makeAuthority } from "@nodetcd/certificates";
import { afterEach, describe, expect, it } from "vitest";
import { parseEndpoint } from "../src/gateway/find-remotes.ts";
import { Remotes } from "../src/gateway/remotes.ts";
import { findPeer, freePort, PROGRAM, said, start } from "./support/program.ts";

describe("Remotes", () => {
  const remote = (host: string, priority: number, weight: number) => ({
    host,
    port: 1,
    priority,
    weight,
  });

  it("takes turns by weight among the lowest priority that is up", () => {
    const [a, b, c] = [remote("a", 0, 1), remote("b", 0, 2), remote("c", 1, 1)];
    const remotes = new Remotes([a, b, c]);
    const turns = (): string => Array.from({ length: 6 }, () => remotes.pick()?.host).join("");
    expect(turns()).toBe("babbab");
    expect(remotes.setActive(b, false)).toBe(true);
    expect(remotes.setActive(b, false)).toBe(false);
    expect(turns()).toBe("aaaaaa");
    remotes.setActive(a, false);
    expect(turns()).toBe("cccccc");
    remotes.setActive(c, false);
    expect(remotes.pick()).toBeUndefined();
    expect(remotes.inactive()).toEqual([a, b, c]);
  });
});

describe("parseEndpoint", () => {
  it.each([
    ["127.0.0.1:2379", "127.0.0.1", 2379],
    ["https://etcd.example:2379", "etcd.example", 2379],
    ["http://[::1]:1", "::1", 1],
  ])("reads %s", (endpoint, host, port) => {
    expect(parseEndpoint(endpoint)).toMatchObject({ host, port });
  });

  it.each(["foo", "foo:", "foo:99999", ""])("refuses %j", (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow("error parsing endpoint");
  });
});

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** A member that says its name, and then what it is told, until the client has ended. */
async function echo(name: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.write(`${name}:`);
    socket.pipe(socket);
    socket.on("error", () => undefined);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

/** What a client hears that says `text`, and ends when it has heard all of it; or, `early`, ends its half at once. */
function ask(port: number, text: string, early = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let heard = "";
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.length === "one:".length + text.length) socket.end();
    });
    socket.on("error", () => resolve(`${heard}!`));
    socket.on("close", () => resolve(heard));
    if (early) socket.end(text);
    else socket.write(text);
  });
}

const etcd = findPeer("ETCD_BIN", "etcd");
const GATEWAYS: [string, readonly string[]][] = [
  ["nodetcd", PROGRAM],
  ...(etcd === undefined ? [] : [["etcd", [etcd]] as [string, readonly string[]]]),
];

describe.each(GATEWAYS)("%s gateway", (_, program) => {
  it("hands connections on, leaves out who is down, and takes them again", async () => {
    const [one, two, port] = [await freePort(), await freePort(), await freePort()];
    const first = await echo("one", one);
    const args = [
      ["gateway", "start", "--listen-addr", `127.0.0.1:${port}`, "--retry-delay", "100ms"],
      ["--endpoints", `http://127.0.0.1:${one},127.0.0.1:${two}`],
    ];
    const running = start(args.flat(), { program });
    await said(running, "ready to proxy client requests");

    // The second is down: nobody notices.
    for (let i = 0; i < 4; i++) expect(await ask(port, `hello ${i}`)).toBe(`one:hello ${i}`);
    await said(running, "deactivated endpoint");
    await said(running, "failed to activate endpoint (stay inactive for another interval)");

    await echo("two", two);
    await said(running, '"activated"');
    const large = "x".repeat(1_000_000);
    const heard = await Promise.all(Array.from({ length: 8 }, () => ask(port, large)));
    const names = heard.map((text) => text.slice(0, 4));
    expect(new Set(names)).toEqual(new Set(["one:", "two:"]));
    expect(heard.map((text) => text.slice(4))).toEqual(heard.map(() => large));

    // etcd's closes both halves then.
    if (program === PROGRAM) expect(await ask(port, large, true)).toMatch(/^(one|two):x{1000000}$/);

    await new Promise((resolve) => first.close(resolve));
    for (let i = 0; i < 4; i++) expect(await ask(port, "again")).toBe("two:again");

    running.child.kill("SIGTERM");
    await running.exit;
  });

  it.each([
    ["--endpoints", "foo"],
    ["--endpoints", ""],
    ["--listen-addr", "foo"],
    ["--nosuch", ""],
  ])("refuses %s %j with exit code 1", async (...flags) => {
    const { exit } = start(["gateway", "start", ...flags], { program });
    expect(await exit).toBe(1);
  });
});

it.each([
  ["127.0.0.1:23790", "127.0.0.1:23790"],
  ["127.0.0.1:23790", "http://localhost:23790"],
  [":23790", "127.0.0.1:2379,127.0.0.1:23790"],
])("CVE-2020-15114: a gateway at %s refuses itself among %s", async (listen, endpoints) => {
  const args = ["gateway", "start", `--listen-addr=${listen}`, `--endpoints=${endpoints}`];
  const { output, exit } = start(args);
  expect(await exit).toBe(1);
  expect(output.err).toContain("is the address that the gateway itself listens on");
});

it("CVE-2020-15136, GHSA-j86v-2vjr-fg8f: who answers behind a gateway is for clients to verify, and they can: TLS passes through", async () => {
  const validity = { now: Date.now(), days: 1 };
  const [ours, another] = await Promise.all(
    ["ours", "another"].map((commonName) => makeAuthority({ commonName, validity })),
  );
  const hosts = ["127.0.0.1"];
  const member = await issue(ours!, { commonName: "member", hosts, usages: ["server"], validity });
  const server = createTlsServer({ key: member.key, cert: member.cert }, (socket) => {
    socket.end("member");
  });
  server.on("tlsClientError", () => undefined);
  servers.push(server);
  const [to, port] = [await freePort(), await freePort()];
  await new Promise<void>((resolve) => server.listen(to, "127.0.0.1", resolve));
  const args = [
    "gateway",
    "start",
    `--listen-addr=127.0.0.1:${port}`,
    `--endpoints=127.0.0.1:${to}`,
  ];
  await said(start(args), "ready to proxy client requests");

  const heard = (ca: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port, ca });
      socket.on("data", (chunk: Buffer) => resolve(chunk.toString()));
      socket.on("error", (error) => resolve(error.message));
    });
  expect(await heard(ours!.cert)).toBe("member");
  expect(await heard(another!.cert)).toMatch(/certificate/);
});

/**
 * The JSON gateway beside real etcd: the example requests, damaged ones, streams, and the rules for web pages, each
 * answered alike but for ids and times; then a real browser's preflight, and curl.
 */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type Peer, peer, sayMissing } from "../peers.ts";
import {
  allOrNone,
  run,
  type ServerProcess,
  startServer,
  temporaryDirectory,
} from "../processes.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { rmSync } from "node:fs";
import { check, equal } from "./check.ts";
import { EXAMPLES, STREAMS } from "./gateway-examples.ts";

/** Damaged requests that both servers are to refuse alike. */
const REFUSED = 1_000;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the exchange once so many lines have come. */
  readonly lines?: number;
}

function ask({ clientPort }: ServerProcess, asked: Ask): Promise<Answer> {
  const { method = "POST", path, body = "", headers = {}, lines } = asked;
  const length = { "Content-Length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: clientPort, agent: false as const, timeout: 20_000 };
    const call = request(
      { ...options, method, path, headers: { ...length, ...headers } },
      (reply) => {
        let text = "";
        const done = (): void => {
          const own = Object.entries(reply.headers).map(([name, value]) => [name, String(value)]);
          resolve({ status: reply.statusCode ?? 0, body: text, headers: Object.fromEntries(own) });
        };
        reply.on("data", (piece: Buffer) => {
          text += piece.toString();
          if (lines === undefined || text.split("\n").length <= lines) return;
          done();
          reply.destroy();
        });
        reply.on("end", done).on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error(`${path} took more than 20 s`)));
    call.on("error", reject).end(body);
  });
}

/** Members whose values differ between two servers, or two moments. */
const VARYING = new Set(
  "cluster_id member_id raft_term leader token dbSize dbSizeInUse raftIndex raftTerm raftAppliedIndex hash TTL peerURLs clientURLs rev blob memberID".split(
    " ",
  ),
);

/** What must be equal: the order of members, too. */
function comparable(body: string): string {
  const plain = body.replaceAll("\u00a0", " ");
  const value = (name: string, found: unknown): unknown => {
    if (VARYING.has(name) && typeof found !== "object") return typeof found;
    if (name.endsWith("URLs")) return "URLs";
    // Of a member, or chosen by the server.
    if (name === "ID" && String(found).length > 15) return "ID";
    return found;
  };
  const lines = plain.split("\n").map((line) => {
    try {
      return JSON.stringify(JSON.parse(line, value));
    } catch {
      return line;
    }
  });
  // Go's text form has one blank or two there, as its build has chosen.
  return lines.join("\n").replace(/memberID:\d+ +/g, "memberID:N ");
}

const HEADERS = /^(content-type|grpc-metadata-.*|access-control-.*|www-authenticate|location)$/;

function shown({ status, body, headers }: Answer): string {
  const names = Object.keys(headers).filter((name) => HEADERS.test(name));
  const kept = names.sort().map((name) => [name, headers[name]]);
  return `${status} ${comparable(body)} ${JSON.stringify(Object.fromEntries(kept))}`;
}

/** Asks both, and fails where they answer differently. */
async function alike(servers: readonly ServerProcess[], asked: Ask): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const server of servers) answers.push(await ask(server, asked));
  const [first, second] = answers.map(shown);
  if (second !== undefined)
    equal(first, second, `${asked.path} ${String(asked.body).slice(0, 200)}`);
  return answers;
}

/** `$name` in a body or header is what an earlier answer of the same server had there. */
async function proveExamples(servers: readonly ServerProcess[]): Promise<void> {
  const known = servers.map(() => new Map<string, string>());
  for (const { path, body = "", headers = {}, keep = {} } of EXAMPLES) {
    const answers: Answer[] = [];
    for (const [place, server] of servers.entries()) {
      const filled = (text: string): string =>
        text.replace(/\$(\w+)/g, (_, name: string) => known[place]!.get(name) ?? "");
      const own = Object.entries(headers).map(([name, value]) => [name, filled(value)]);
      const asked = { path: `/v3/${path}`, body: filled(body), headers: Object.fromEntries(own) };
      const answer = await ask(server, asked);
      answers.push(answer);
      for (const [name, pattern] of Object.entries(keep)) {
        known[place]!.set(name, new RegExp(pattern).exec(answer.body)?.[1] ?? "");
      }
    }
    const [first, second] = answers.map(shown);
    if (second !== undefined) equal(first, second, `${path} ${body}`);
    check(first?.startsWith("404 404") === false, `${path} is not served`);
  }
}

async function proveStreams(servers: readonly ServerProcess[]): Promise<void> {
  for (const { path, body, lines } of STREAMS) {
    await alike(servers, { path: `/v3/${path}`, body, ...(lines === undefined ? {} : { lines }) });
  }
}

const PIECES = [
  ...'{ } [ ] " , : \\ \n 0 - e .'.split(" "),
  " ",
  "null",
  "true",
  "1.5",
  '"key"',
  '"YQ"',
  "\\u00e9",
  "\u00ff",
  "[[",
  "1e3",
];
const WHOLE: readonly (readonly [string, string])[] = [
  [
    "kv/range",
    '{"key":"Zm9v","range_end":"Zm9w","limit":"3","sort_order":"DESCEND","keysOnly":true}',
  ],
  ["kv/put", '{"key":"Zm9v","value":"YmFy","lease":0,"prev_kv":false}'],
  [
    "kv/txn",
    '{"compare":[{"key":"Zm9v","target":"VERSION","result":"GREATER","version":"0"}],"success":[{"requestRange":{"key":"Zm9v"}}]}',
  ],
  ["lease/timetolive", '{"ID":777,"keys":true}'],
  ["maintenance/alarm", '{"action":"GET","memberID":"5","alarm":"NOSPACE"}'],
  ["auth/role/grant", '{"name":"none","perm":{"permType":"READWRITE","key":"Zm9v"}}'],
  [
    "auth/user/add",
    '{"name":"","password":"","options":{"no_password":false},"hashedPassword":""}',
  ],
  ["cluster/member/update", '{"ID":"12345","peerURLs":["http://127.0.0.1:1"]}'],
  ["kv/deleterange", '{"key":"bm9uZQ==","prev_kv":true}'],
];

async function proveDamaged(servers: readonly ServerProcess[]): Promise<number> {
  const seed = chosenSeed();
  const random = new Seeded(seed);
  let refused = 0;
  for (let tries = 0; refused < REFUSED && tries < 3 * REFUSED; tries++) {
    const [path, whole] = random.pick(WHOLE);
    let text: string = whole;
    for (let cuts = random.between(1, 3); cuts > 0; cuts--) {
      const at = random.below(text.length + 1);
      text =
        text.slice(0, at) +
        (random.chance(70) ? random.pick(PIECES) : "") +
        text.slice(at + random.below(4));
    }
    // etcd takes what stands behind a number in a string: see the design of messages.
    if (/"-?\d+[^"\d][^"]*"/.test(text) || text.includes("\\ud")) continue;
    const body = Buffer.from(text, random.chance(50) ? "latin1" : "utf8");
    try {
      const [first] = await alike(servers, { path: `/v3/${path}`, body });
      if (first!.status !== 200) refused++;
    } catch (error) {
      throw new Error(`SEED=${seed}: ${JSON.stringify(text)}: ${String(error)}`, { cause: error });
    }
  }
  equal(refused, REFUSED, "damaged texts that were refused");
  return refused;
}

const UI = "http://ui.example:8080";
const PREFLIGHT = {
  "Access-Control-Request-Method": "POST",
  "Access-Control-Request-Headers": "content-type",
};

async function proveOrigins(peers: readonly Peer[]): Promise<void> {
  const flags = [`--cors=${UI},http://127.0.0.1:1`, "--host-whitelist=127.0.0.1,ui.example"];
  const servers = await allOrNone(peers.map((one) => startServer(one, { flags })));
  try {
    for (const Host of [
      "ui.example",
      "ui.example:80",
      "UI.example",
      "[::1]:2379",
      "evil.example:1",
    ]) {
      for (const Origin of [UI, "http://ui.example", "null"]) {
        const headers = { Host, Origin, ...PREFLIGHT };
        for (const path of ["/v3/kv/range", "/nope", "/health"]) {
          await alike(servers, { method: "OPTIONS", path, headers });
        }
        await alike(servers, {
          path: "/v3/kv/range",
          body: '{"key":"YQ=="}',
          headers: { Host, Origin },
        });
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  const off = await allOrNone(
    peers.map((one) => startServer(one, { flags: ["--enable-grpc-gateway=false"] })),
  );
  try {
    await alike(off, { path: "/v3/kv/range", body: "{}" });
  } finally {
    await Promise.all(off.map((server) => server.stop()));
  }
  for (const { path } of peers) {
    const { status, stderr, stdout } = await run(path, [
      "--cors=http://ok.example",
      "--data-dir=/nonexistent/x",
    ]);
    check(status !== 0, `${path} takes --cors=http://ok.example`);
    check(/host:port/.test(`${stdout.toString()}${stderr}`), `${path}: ${stderr.slice(0, 300)}`);
  }
}

/** A page of another origin calls the gateway with headers that need a preflight, in a real browser. */
async function proveBrowser(server: ServerProcess): Promise<boolean> {
  const page = `<body><script>fetch("${server.url}/v3/kv/put",{method:"POST",
headers:{"content-type":"application/json",authorization:"none"},body:'{"key":"Zm9v","value":"YmFy"}'})
.then(async(r)=>{document.body.textContent="answer "+r.status+" "+await r.text()})
.catch((e)=>{document.body.textContent="failed "+e})</script></body>`;
  const site = createServer((_, reply) => reply.setHeader("Content-Type", "text/html").end(page));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const profile = temporaryDirectory("nodetcd-browser");
  try {
    const { port } = site.address() as AddressInfo;
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
    const last = ["--virtual-time-budget=10000", "--dump-dom", `http://127.0.0.1:${port}/`];
    const { status, stdout } = await run("chromium", [...flags, ...last], { timeoutMs: 120_000 });
    if (status === -1) {
      sayMissing("chromium (a browser's preflight was not tried)");
      return false;
    }
    check(/answer 200 \{.*"revision"/.test(stdout.toString()), `browser: ${stdout.toString()}`);
    return true;
  } finally {
    site.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

export async function proveGateway(subject: Peer): Promise<string> {
  const real = peer("etcd");
  const peers = real === undefined ? [subject] : [subject, real];
  const servers = await allOrNone(peers.map((one) => startServer(one)));
  try {
    await proveExamples(servers);
    await proveStreams(servers);
    const refused = await proveDamaged(servers);
    const browser = await proveBrowser(servers[0]!);
    const args = [
      "-sS",
      "-w",
      " %{http_code}",
      "-d",
      '{"key":"Zm9v"}',
      `${servers[0]!.url}/v3/kv/range`,
    ];
    const curl = await run("curl", args);
    if (curl.status === 0) check(/"value":"YmFy".* 200$/.test(curl.stdout.toString()), "curl");
    await proveOrigins(peers);
    const what = `${EXAMPLES.length} examples, ${STREAMS.length} streams, ${refused} damaged requests, origins and hosts`;
    return `${what}${real === undefined ? "" : " as etcd answers them"}${browser ? ", a browser's preflight" : ""}`;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

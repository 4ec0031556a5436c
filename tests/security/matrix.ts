/**
 * Every method of the table, by every kind of caller, on real etcd and on nodetcd: equal answers.
 *
 *     tsx tests/security/matrix.ts [part of a path...]
 */
import { createHmac } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Init, type Method, methodAt, METHODS, type MethodPath } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import { allOrNone, startServer, type ServerProcess, temporaryDirectory } from "../processes.ts";
import { Connection, type Metadata, RpcFailure } from "../rpc.ts";
import { LEASES, RANGE, REQUESTS } from "./requests.ts";

const { Auth, KV, Lease } = METHODS;
/** Tokens of a member's own, or tokens that the test signs, and so of any revision. */
const KINDS = ["simple", "jwt"] as const;
type Kind = (typeof KINDS)[number];

const USERS = ["root", "ranged", "plain", "other", "passless"];
/** Milliseconds of silence after which a stream is said to wait. */
const SILENCE_MS = 400;
const LOST = "the connection was lost";

export interface Cell {
  readonly method: MethodPath;
  readonly request: string;
  readonly caller: string;
  readonly reference: string;
  readonly subject: string;
}

export interface MatrixResult {
  readonly cells: number;
  readonly differences: readonly Cell[];
}

const SECRET = "a secret of more than thirty-two bytes";

/** A token of HS256 that says what it is told to. */
function signed(username: string, revision: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp, revision, username })}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

/** One of the two servers, with authentication on. */
class Side {
  readonly #connection: Connection;
  readonly #kind: Kind;
  readonly #tokens = new Map<string, string>();
  #revision = 0;

  constructor(server: ServerProcess, kind: Kind) {
    this.#connection = new Connection(server.url);
    this.#kind = kind;
  }

  close(): void {
    this.#connection.close();
  }

  #call<Request, Reply>(
    method: Method<Request, Reply>,
    request: Init<Request>,
    metadata: Metadata = {},
  ): Promise<Reply> {
    return this.#connection.call(method, request, undefined, metadata);
  }

  async setUp(): Promise<void> {
    for (const name of USERS) {
      const noPassword = name === "passless";
      await this.#call(Auth.UserAdd, {
        name,
        password: noPassword ? "" : "pw",
        options: { noPassword },
      });
    }
    for (const name of ["ranged", "other"]) {
      await this.#call(Auth.RoleAdd, { name });
      await this.#call(Auth.UserGrantRole, { user: name, role: name });
    }
    await this.#call(Auth.RoleGrantPermission, { name: "ranged", perm: { ...RANGE, permType: 2 } });
    await this.#call(Auth.UserGrantRole, { user: "root", role: "root" });
    await this.#call(Auth.AuthEnable, {});
    if (this.#kind === "jwt") return;
    for (const name of ["root", "ranged", "plain"]) {
      const reply = await this.#call(Auth.Authenticate, { name, password: "pw" });
      this.#tokens.set(name, reply.token);
    }
  }

  get callers(): readonly string[] {
    const common = ["nobody", "a bad token", "an empty token"];
    const users = ["plain", "ranged", "root"];
    const odd = ["ranged of old", "root of old", "ranged of the future", "a stranger"];
    return this.#kind === "jwt" ? [...common, ...odd, ...users] : [...common, ...users];
  }

  #metadata(caller: string): Metadata {
    if (caller === "nobody") return {};
    if (caller === "a bad token") return { token: this.#kind === "jwt" ? "a.b.c" : "bad.1" };
    if (caller === "an empty token") return { authorization: "" };
    if (this.#kind === "simple") return { token: this.#tokens.get(caller) ?? "" };
    const [user = ""] = caller.split(" of ");
    const by = caller.endsWith("of old") ? -1 : caller.endsWith("of the future") ? 1 : 0;
    return { authorization: `Bearer ${signed(user, this.#revision + by)}` };
  }

  /** Brings back what the calls before may have taken away. */
  async restore(): Promise<void> {
    const status = await this.#call(Auth.AuthStatus, {});
    this.#revision = status.authRevision;
    if (!status.enabled) return;
    const root = this.#metadata("root");
    for (const id of Object.values(LEASES)) {
      await this.#call(Lease.LeaseGrant, { id, ttl: 600 }, root).catch(ignoreRefusal);
    }
    for (const [key, lease] of [
      ["a1", LEASES.mine],
      ["secret", LEASES.foreign],
      ["b", 0n],
      ["c", 0n],
      ["l", 0n],
    ] as const) {
      await this.#call(KV.Put, { key: Buffer.from(key), lease }, root);
    }
  }

  /** What the call is answered: a status, with the reply where that is the same for every member. */
  answer(path: MethodPath, request: Uint8Array, caller: string): Promise<string> {
    const row = methodAt(path)!;
    return new Promise((resolve) => {
      const said: string[] = [];
      let timer: NodeJS.Timeout | undefined;
      const end = (what: string): void => {
        clearTimeout(timer);
        resolve([...said, what].join(" | "));
      };
      const stream = this.#connection.open(
        path,
        (message) => {
          if (said.length === 0) said.push(show(path, row.response.decode(message)));
          // Of a stream that goes on the first message says it all.
          if (row.kind === "unary" || path.endsWith("/Snapshot")) return;
          end("…");
          stream.cancel();
        },
        ({ code, message }) => end(code === 0 ? "ok" : `${code}: ${message}`),
        this.#metadata(caller),
      );
      timer = setTimeout(
        () => {
          end("waits");
          stream.cancel();
        },
        row.kind === "unary" ? 5000 : SILENCE_MS,
      );
      stream.send(request);
      if (row.kind !== "bidi_stream") stream.end();
    });
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof RpcFailure)) throw error;
}

/** Replies of these hold what is a member's own. */
const OWN =
  /Snapshot|Hash|Status|Member|Defragment|Authenticate|Health|Alarm|Observe|Leader|Campaign|Lock$/;
const OWN_FIELDS = new Set(["clusterId", "memberId", "raftTerm", "ttl"]);

function show(path: string, reply: object): string {
  if (OWN.test(path)) return "a reply";
  return JSON.stringify(reply, (key, value: unknown) => {
    if (OWN_FIELDS.has(key)) return undefined;
    if (key === "keys" && Array.isArray(value))
      return value.map((each) => Buffer.from(each as Uint8Array).toString()).sort();
    if (typeof value === "bigint") return String(value);
    return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
  });
}

/** Starts both servers and asks them everything. */
export async function compareMatrix(
  kind: Kind,
  reference: Peer,
  subject: Peer,
  isWanted: (path: string) => boolean,
): Promise<MatrixResult> {
  const directory = temporaryDirectory("matrix");
  const key = join(directory, "key");
  writeFileSync(key, SECRET, { mode: 0o600 });
  const token = kind === "jwt" ? `jwt,sign-method=HS256,priv-key=${key},ttl=1h` : "simple";
  const flags = ["--bcrypt-cost=4", `--auth-token=${token}`];
  const servers = await allOrNone(
    [reference, subject].map((program) => startServer(program, { flags })),
  );
  const sides = servers.map((server) => new Side(server, kind));
  try {
    await Promise.all(sides.map((side) => side.setUp()));
    const differences: Cell[] = [];
    let cells = 0;
    for (const [path, requests] of Object.entries(REQUESTS)) {
      if (!isWanted(path)) continue;
      for (const [name, request] of Object.entries(requests)) {
        for (const caller of sides[0]!.callers) {
          await Promise.all(sides.map((side) => side.restore()));
          const method = path as MethodPath;
          const [expected = "", got = ""] = await Promise.all(
            sides.map((side) => side.answer(method, request, caller)),
          );
          cells++;
          if (process.env["SHOW"] === "1") console.log(`${path} ${name} [${caller}]: ${expected}`);
          if (expected.includes(LOST)) throw new Error(`${path} ${name}: a server was lost`);
          if (expected === got) continue;
          differences.push({ method, request: name, caller, reference: expected, subject: got });
        }
      }
    }
    return { cells, differences };
  } catch (error) {
    for (const server of servers) if (server.hasExited) console.log(server.tail());
    throw error;
  } finally {
    for (const side of sides) side.close();
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

export function describeCell({ method, request, caller, reference, subject }: Cell): string {
  return `${method} ${request} [${caller}]\n    - ${reference}\n    + ${subject}`;
}

async function main(): Promise<void> {
  const reference = peer("etcd");
  const subject = process.env["SELF"] === "1" ? reference : peer("nodetcd");
  if (reference === undefined || subject === undefined) {
    console.log("0 cells: nothing was compared");
    return;
  }
  const wanted = process.argv.slice(2);
  const isWanted = (path: string): boolean =>
    wanted.length === 0 || wanted.some((part) => path.includes(part));
  for (const kind of KINDS) {
    const { cells, differences } = await compareMatrix(kind, reference, subject, isWanted);
    console.log(`${kind}: ${cells} cells, ${differences.length} differ`);
    for (const cell of differences) console.log(`  ${describeCell(cell)}`);
    if (differences.length > 0) process.exitCode = 1;
  }
}

if (process.argv[1]?.endsWith("matrix.ts") === true) await main();

/**
 * A real Patroni with two PostgreSQL on one member, through its JSON gateway: a leader is elected, killed and replaced;
 * a planned switchover; a member that is killed and comes back. No row that was committed and replicated is lost.
 *
 *     npm run prove -- patroni
 *
 * Needs `patroni` (PATRONI_BIN, or PATH: `pip install 'patroni[etcd3]' psycopg2-binary`), PostgreSQL's programs
 * (POSTGRES_BIN names their folder), and root, from which it changes to `nobody`. `SUBJECT=etcd` tries real etcd.
 */
import { chownSync, existsSync, readdirSync, rmSync } from "node:fs";
import { peer, sayMissing } from "../peers.ts";
import { freePort, run, startServer, temporaryDirectory } from "../processes.ts";
import { type Node, startNode } from "./node.ts";

const NOBODY = 65_534;
/** Seconds: Patroni's least. A leader that is dead for so long is replaced. */
const TTL = 20;

function postgresFolder(): string | undefined {
  const named = process.env["POSTGRES_BIN"];
  if (named !== undefined) return named;
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? readdirSync(base).toSorted() : [];
  const newest = versions.at(-1);
  return newest === undefined ? undefined : `${base}/${newest}/bin`;
}

async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const findLeader = (nodes: readonly Node[], seconds: number): Promise<Node> =>
  until("a leader", seconds, async () => {
    for (const node of nodes) if ((await node.role()) === "primary") return node;
    return undefined;
  });

const becomesReplica = (node: Node, seconds: number): Promise<true> =>
  until(`${node.name} as replica`, seconds, async () => {
    return (await node.role()) === "replica" ? true : undefined;
  });

/** Writes a row, and waits until `others` have it. */
async function write(leader: Node, text: string, others: readonly Node[]): Promise<void> {
  await leader.sql(`INSERT INTO t VALUES ('${text}')`);
  for (const other of others) {
    await until(`${text} at ${other.name}`, 30, async () => {
      const rows = await other.sql("SELECT * FROM t").catch(() => "");
      return rows.split("\n").includes(text) ? true : undefined;
    });
  }
}

async function prove(nodes: readonly Node[], killMember: () => Promise<void>): Promise<void> {
  const say = (text: string, since: number): void =>
    console.log(`  ${text}: ${((Date.now() - since) / 1_000).toFixed(1)} s`);
  const other = (node: Node): Node => nodes.find((one) => one !== node)!;

  let since = Date.now();
  for (const node of nodes) node.start();
  let leader = await findLeader(nodes, 90);
  await becomesReplica(other(leader), 90);
  say(`${leader.name} leads, ${other(leader).name} follows`, since);
  await leader.sql("CREATE TABLE t (x text)");
  await write(leader, "one", [other(leader)]);

  since = Date.now();
  const dead = leader;
  await dead.kill();
  leader = await findLeader([other(dead)], 3 * TTL);
  say(`${dead.name} was killed, ${leader.name} leads`, since);
  await write(leader, "two", []);
  dead.start();
  await becomesReplica(dead, 90);
  await write(leader, "three", [dead]);

  since = Date.now();
  await leader.switchover(leader.name, dead.name);
  leader = await findLeader([dead], 60);
  await becomesReplica(other(leader), 60);
  say(`${leader.name} was asked to lead`, since);
  await write(leader, "four", [other(leader)]);

  since = Date.now();
  await killMember();
  await write(leader, "five", [other(leader)]);
  await new Promise((resolve) => setTimeout(resolve, TTL * 1_000));
  if ((await leader.role()) !== "primary") throw new Error(`${leader.name} does not lead any more`);
  say("the member was killed and came back, the leader stayed", since);

  const rows = (await leader.sql("SELECT * FROM t")).split("\n").toSorted().join(" ");
  if (rows !== "five four one three two") throw new Error(`rows: ${rows}`);
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  const patroni = process.env["PATRONI_BIN"] ?? "patroni";
  const postgres = postgresFolder();
  const version = (await run(patroni, ["--version"])).stdout.toString().trim();
  if (version === "") sayMissing("patroni (set PATRONI_BIN or put it on PATH)");
  if (postgres === undefined) sayMissing("PostgreSQL (POSTGRES_BIN)");
  if (process.getuid?.() !== 0) sayMissing("root, from which PostgreSQL's user is taken");
  if (!subject || version === "" || postgres === undefined || process.getuid?.() !== 0) return;

  let member = await startServer(subject);
  const folder = temporaryDirectory("patroni");
  chownSync(folder, NOBODY, NOBODY);
  const common = { patroni, postgres, folder, ttl: TTL, uid: NOBODY, etcd: member.endpoint };
  const nodes: Node[] = [];
  try {
    for (const name of ["one", "two"]) {
      const ports = { rest: await freePort(), postgres: await freePort() };
      nodes.push(startNode({ ...common, name, ports }));
    }
    console.log(`${version}, ${subject.name} ${subject.version}`);
    await prove(nodes, async () => {
      const { dataDirectory, clientPort, peerPort } = member;
      member.signal("SIGKILL");
      await member.exited;
      member = await startServer(subject, { dataDirectory, clientPort, peerPort });
    });
    console.log("ok   patroni fails over");
  } catch (error) {
    for (const node of nodes) console.log(node.tail());
    console.log(`FAIL patroni: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
    await member.stop();
    rmSync(folder, { recursive: true, force: true });
    rmSync(member.dataDirectory, { recursive: true, force: true });
  }
}

await main();

/**
 * HashKV of the same history on real etcd and on nodetcd, with compactions at random revisions in it, at 20 revisions each; then of
 * histories written into a mixed cluster, on every member of it.
 *
 *     SEED=1 SEEDS=100 MIXED=2 CHANGES=300 npm run prove -- hash-histories
 */
import { METHODS } from "@nodetcd/messages";
import { startClusterOf } from "../cluster-processes.ts";
import { isAtLeast, type Peer, peer, sayMissing } from "../peers.ts";
import { allOrNone, type ServerProcess, startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { askHash, Cursor, playChange, writeHistory } from "./hash-history.ts";

/** Elections every 10 ms: a member serves at once. */
const FLAGS = ["--heartbeat-interval=20", "--election-timeout=200"];
/** Histories that one pair of members gets, one after the other. */
const HISTORIES_OF_A_PAIR = 10;
/** Compactions of other members than the one that was asked end in the background; in milliseconds. */
const AGREEMENT_MS = 20_000;

interface Tally {
  hashes: number;
  compactions: number;
  refusals: number;
}

async function main(): Promise<number> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  if (etcd === undefined || nodetcd === undefined) return 0;
  if (!isAtLeast(etcd.version, "3.7")) {
    sayMissing(`etcd 3.7 (here is ${etcd.version}): no hash was compared`);
    return 0;
  }
  const [seed, seeds] = [chosenSeed(), Number(process.env["SEEDS"] ?? 20)];
  const [mixed, changes] = [
    Number(process.env["MIXED"] ?? 1),
    Number(process.env["CHANGES"] ?? 300),
  ];
  console.log(
    `SEED=${seed} SEEDS=${seeds} MIXED=${mixed} CHANGES=${changes}; etcd ${etcd.version}`,
  );
  const alone = { hashes: 0, compactions: 0, refusals: 0 };
  const together = { ...alone };
  for (let at = seed; at < seed + seeds; at += HISTORIES_OF_A_PAIR) {
    const some = Array.from(
      { length: Math.min(HISTORIES_OF_A_PAIR, seed + seeds - at) },
      (_, i) => at + i,
    );
    await compareAlone(some, changes, [etcd, nodetcd], alone);
    console.log(`alone: ${some.at(-1)! + 1 - seed} histories, ${said(alone)}`);
  }
  for (let at = seed; at < seed + mixed; at++) {
    const programs = at % 2 === 0 ? [etcd, nodetcd, etcd] : [nodetcd, etcd, nodetcd];
    await compareTogether(at, changes, programs, together);
  }
  console.log(`mixed clusters: ${mixed} histories, ${said(together)}`);
  return 0;
}

function said({ hashes, compactions, refusals }: Tally): string {
  return `${hashes} hashes equal (${refusals} of them equal refusals), ${compactions} compactions`;
}

/** Two members, each alone, side by side, and one history after the other. */
async function compareAlone(
  seeds: readonly number[],
  changes: number,
  programs: readonly [Peer, Peer],
  tally: Tally,
): Promise<void> {
  const servers = await allOrNone(programs.map((each) => startServer(each, { flags: FLAGS })));
  const sides = servers.map((server) => ({
    connection: new Connection(server.url),
    cursor: new Cursor(),
  }));
  try {
    const steps = seeds.flatMap((seed) => writeHistory(seed, changes));
    for (const step of steps) {
      if (step.kind !== "hash") {
        await Promise.all(sides.map((side) => playChange(side.connection, step, side.cursor)));
        if (step.kind === "compact") tally.compactions++;
        continue;
      }
      const answers = await Promise.all(
        sides.map(({ connection, cursor }) => askHash(connection, cursor.resolve(step.at))),
      );
      check(answers, `SEED=${seeds[0]}`, tally);
    }
  } finally {
    await end(
      servers,
      sides.map(({ connection }) => connection),
    );
  }
}

/** One cluster of several programs; every change goes through another member. */
async function compareTogether(
  seed: number,
  changes: number,
  programs: readonly Peer[],
  tally: Tally,
): Promise<void> {
  const random = new Seeded(seed);
  const members = await startClusterOf(programs);
  const connections = members.map(({ url }) => new Connection(url));
  const cursor = new Cursor();
  try {
    for (const step of writeHistory(seed, changes)) {
      if (step.kind !== "hash") {
        await playChange(random.pick(connections), step, cursor);
        if (step.kind === "compact") tally.compactions++;
        continue;
      }
      const answers = await whenAlike(connections, cursor.resolve(step.at));
      check(answers, `mixed, SEED=${seed}`, tally);
    }
  } finally {
    await end(members, connections);
  }
}

async function whenAlike(connections: readonly Connection[], revision: number): Promise<string[]> {
  const deadline = Date.now() + AGREEMENT_MS;
  for (;;) {
    const answers = await Promise.all(
      connections.map(async (connection) => {
        await connection.call(METHODS.KV.Range, { key: Buffer.from("k"), countOnly: true });
        return await askHash(connection, revision);
      }),
    );
    if (new Set(answers).size === 1 || Date.now() > deadline) return answers;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function check(answers: readonly string[], where: string, tally: Tally): void {
  if (new Set(answers).size !== 1) throw new Error(`DIFFERENCE: ${where}: ${answers.join(" | ")}`);
  tally.hashes++;
  if (!answers[0]!.startsWith("hash")) tally.refusals++;
}

async function end(
  servers: readonly ServerProcess[],
  connections: readonly Connection[],
): Promise<void> {
  for (const connection of connections) connection.close();
  await Promise.all(servers.map((server) => server.stop()));
}

process.exitCode = await main();

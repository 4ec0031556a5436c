/**
 * Batched writes, random gets and scans of a file of a million entries beside Go's bbolt and npm's
 * `lmdb`: each contestant a program of its own, the same commands in turn, medians over the rounds.
 *
 *     node --conditions=@nodetcd/source --import tsx packages/bolt/bench/compare.ts
 *
 * `BOLT_BENCH_PEER` names a program that plays `compare-protocol.ts` on bbolt, `BOLT_BENCH_LMDB` a
 * folder with `lmdb` in its node_modules. Also `ENTRIES` (1,000,000), `VALUE` (128 bytes) and
 * `ROUNDS` (7). The files, some 200 MB each, are in the system's temporary folder.
 */
import { type ChildProcess, spawn } from "node:child_process";
import * as readline from "node:readline";
import { fileURLToPath } from "node:url";
import { nodeDisk } from "@nodetcd/runtime/node";
import type { Outcome } from "./compare-protocol.ts";

const ENTRIES = Number(process.env["ENTRIES"] ?? 1_000_000);
const VALUE = Number(process.env["VALUE"] ?? 128);
const ROUNDS = Number(process.env["ROUNDS"] ?? 7);
/** The file is written in so many rounds. */
const WRITE_ROUNDS = 20;
/** Rounds of each kind that are for the compiler, and not counted. */
const WARM_UP_ROUNDS = 2;

/** A program that does the work, see `compare-protocol.ts`. */
class Player {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = readline.createInterface({ input: this.#child.stdout! });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  async play(command: string): Promise<Outcome> {
    this.#child.stdin!.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`${this.name} ended at: ${command}`);
    const [seconds, sum] = value.split(" ").map(Number);
    return { seconds: seconds!, sum: sum! };
  }

  async end(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await exited;
  }
}

function startPlayers(folder: string): Player[] {
  const node = (name: string, file: string, ...args: string[]): Player => {
    const program = fileURLToPath(new URL(file, import.meta.url));
    return new Player(name, process.execPath, [...process.execArgv, program, ...args]);
  };
  const players = [
    node("nodetcd", "compare-bolt.ts", `${folder}/nodetcd.db`),
    node("nodetcd async", "compare-bolt.ts", `${folder}/nodetcd-async.db`, "async"),
  ];
  const peer = process.env["BOLT_BENCH_PEER"];
  if (peer === undefined) console.log("BOLT_BENCH_PEER is not set: no comparison with Go's bbolt");
  else players.push(new Player(PEER, peer, [`${folder}/bbolt.db`]));
  if (process.env["BOLT_BENCH_LMDB"] === undefined) {
    console.log("BOLT_BENCH_LMDB is not set: no comparison with lmdb");
  } else players.push(node("npm lmdb", "compare-lmdb.ts", `${folder}/lmdb`));
  return players;
}
const PEER = "Go bbolt";

/** Seconds of each round that counts, by player. All play in turn, another one first each round. */
async function interleave(
  players: readonly Player[],
  rounds: number,
  command: (round: number) => string,
): Promise<number[][]> {
  const seconds = players.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const sums = new Set<number>();
    for (let turn = 0; turn < players.length; turn++) {
      const at = (round + turn) % players.length;
      const outcome = await players[at]!.play(command(round));
      sums.add(outcome.sum);
      if (round >= WARM_UP_ROUNDS) seconds[at]!.push(outcome.seconds);
    }
    if (sums.size !== 1) throw new Error(`${command(round)}: sums ${[...sums].join(", ")}`);
  }
  return seconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Medians; a ratio is the median of those within each round, where the machine was equally busy. */
function report(what: string, players: readonly Player[], count: number, times: number[][]): void {
  const peerTimes = times[players.findIndex(({ name }) => name === PEER)];
  for (const [at, { name }] of players.entries()) {
    const rate = count / median(times[at]!);
    const ratios = peerTimes?.map((seconds, round) => seconds / times[at]![round]!);
    const ratio = ratios === undefined ? "" : `${median(ratios).toFixed(2)} times ${PEER}`;
    const perSecond = Math.round(rate).toLocaleString("en").padStart(12);
    console.log(`${what.padEnd(36)}${name.padEnd(14)}${perSecond}/s   ${ratio}`);
  }
}

const folder = nodeDisk.makeTemporaryDirectory("bolt-compare-");
const players = startPlayers(folder);
try {
  const part = ENTRIES / WRITE_ROUNDS;
  const written = await interleave(
    players,
    WRITE_ROUNDS,
    (round) => `write ${round * part} ${part} ${VALUE}`,
  );
  report("write, 1,000 a transaction, synced", players, part, written);
  const rounds = ROUNDS + WARM_UP_ROUNDS;
  const sizes = await interleave(players, rounds, () => "scan-sizes");
  report("scan, sizes of keys and values", players, ENTRIES, sizes);
  const bytes = await interleave(players, rounds, () => "scan-bytes");
  report("scan, a byte of each key and value", players, ENTRIES, bytes);
  const views = await interleave(players, rounds, () => "scan-views");
  report("the same, a view made of each", players, ENTRIES, views);
  const gets = await interleave(players, rounds, () => `get ${ENTRIES / 2} ${ENTRIES}`);
  report("get, random, warm", players, ENTRIES / 2, gets);
} finally {
  for (const player of players) await player.end();
  nodeDisk.removeTree(folder);
}

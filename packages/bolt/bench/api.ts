/**
 * bbolt's API, played here and on the real bbolt in Go: the scenarios of `test/api/scenarios`, and
 * random programs. Every answer must be the same, or is written down as meant to differ.
 *
 *     COUNT=500 SEED=1 node --conditions=@nodetcd/source --import tsx packages/bolt/bench/api.ts
 *     RECORD=1 ...      writes what bbolt answers into the scenarios
 *
 * Needs Go and its module proxy, or `BOLT_API_BIN`, the program that `test/api/peer.go` makes.
 */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomProgram } from "../test/api/random.ts";
import { parseScenario, playHere, sameAnswer, writeAnswers } from "../test/api/scenario.ts";
import { findProgram } from "../test/real-bbolt.ts";

const BBOLT_VERSION = "v1.5.0";
const API = fileURLToPath(new URL("../test/api/", import.meta.url));

const folder = fs.mkdtempSync(join(os.tmpdir(), "bolt-api-peer-"));
try {
  const peer = findProgram("BOLT_API_BIN", "bolt-api") ?? buildPeer(folder);
  if (peer === undefined) console.warn("api: there is no Go here, so nothing to compare with");
  else await compare(peer);
} finally {
  fs.rmSync(folder, { recursive: true });
}

/** The peer, compiled; undefined where there is no Go. */
function buildPeer(into: string): string | undefined {
  const go = findProgram("GO_BIN", "go");
  if (go === undefined) return undefined;
  fs.copyFileSync(join(API, "peer.go"), join(into, "peer.go"));
  const goRun = (...words: string[]): void => {
    execFileSync(go, words, { cwd: into, stdio: ["ignore", "ignore", "pipe"] });
  };
  goRun("mod", "init", "peer");
  goRun("get", `go.etcd.io/bbolt@${BBOLT_VERSION}`);
  goRun("build", "-o", "peer");
  return join(into, "peer");
}

async function compare(peer: string): Promise<void> {
  let failed = 0;
  for (const name of fs.readdirSync(join(API, "scenarios"))) failed += await scenario(peer, name);
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const count = Number(process.env["COUNT"] ?? 200);
  console.log(`${count} random programs: SEED=${seed}`);
  for (let i = 0; i < count && failed === 0; i++) failed += await program(peer, seed + i);
  if (failed > 0) process.exitCode = 1;
}

/** Where the peer ended before its time, or never answered, the rest says so. */
function playThere(peer: string, commands: readonly string[]): string[] {
  const directory = fs.mkdtempSync(join(folder, "files-"));
  const { stdout } = spawnSync(peer, [directory], {
    input: `reset\n${commands.join("\n")}\n`,
    encoding: "utf8",
    timeout: 20_000,
    maxBuffer: 2 ** 28,
  });
  const answers = stdout.trimEnd().split("\n").slice(1);
  return commands.map((_, at) => answers[at] ?? "no answer");
}

/** Returns how many answers differ from what is written down. */
async function scenario(peer: string, name: string): Promise<number> {
  const path = join(API, "scenarios", name);
  const text = fs.readFileSync(path, "utf8");
  const commands = parseScenario(text).map((step) => step.command);
  const there = playThere(peer, commands);
  if (process.env["RECORD"] !== undefined) fs.writeFileSync(path, writeAnswers(text, there));
  const steps = parseScenario(fs.readFileSync(path, "utf8"));
  const here = await playHere(commands);
  let differences = 0;
  for (const [at, { command, bbolt, ours }] of steps.entries()) {
    const asWritten = ours === undefined ? sameAnswer(here[at]!, bbolt ?? "") : here[at] === ours;
    if (asWritten && there[at] === bbolt) continue;
    differences++;
    console.log(`${name}: ${command}\n  bbolt: ${there[at]}\n  here: ${here[at]}`);
  }
  console.log(`${name}: ${steps.length} commands, ${differences} differences`);
  return differences;
}

async function program(peer: string, seed: number): Promise<number> {
  const commands = randomProgram(seed);
  const there = playThere(peer, commands);
  const here = await playHere(commands);
  const at = commands.findIndex((_, index) => !sameAnswer(here[index]!, there[index]!));
  if (at < 0) return 0;
  console.log(commands.slice(0, at + 1).join("\n"));
  console.log(`SEED=${seed} COUNT=1, command ${at}\n  bbolt: ${there[at]}\n  here: ${here[at]}`);
  return 1;
}

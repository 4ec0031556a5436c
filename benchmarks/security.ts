/**
 * What security costs, etcd and nodetcd in turn: puts while many log in, and TLS handshakes a second.
 *
 *     npm run bench:security
 *     RUNS=3 SECONDS=4 LOGINS=1000 npm run bench:security
 */
import { mkdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer } from "../tests/peers.ts";
import { run, temporaryDirectory } from "../tests/processes.ts";
import { Connection } from "../tests/rpc.ts";
import { makeFiles } from "../tests/security/files.ts";
import { load, type Measured, medians } from "./measured.ts";
import { type Secured, startSecured } from "./secured.ts";

const RUNS = Number(process.env["RUNS"] ?? 3);
const SECONDS = Number(process.env["SECONDS"] ?? 4);
const LOGINS = Number(process.env["LOGINS"] ?? 1000);
/** Users that log in by turns, each with a password of his own. */
const USERS = 50;
/** Logins that wait at a time. */
const AT_A_TIME = 20;
/** Programs of openssl that make handshakes at once. */
const SHAKERS = 2;

const { Auth } = METHODS;
const name = (index: number): string => `user${index % USERS}`;

async function makeUsers({ server }: Secured): Promise<void> {
  const connection = new Connection(server.url);
  const { token } = await connection.call(Auth.Authenticate, { name: "root", password: "pw" });
  const all = Array.from({ length: USERS }, (_, i) => {
    const user = { name: name(i), password: `pw of ${name(i)}` };
    return connection.call(Auth.UserAdd, user, 60_000, { token });
  });
  await Promise.all(all);
  connection.close();
}

/** Logs in again and again until `LOGINS` are through or `isOver`; answers how many were. */
async function logIn({ server }: Secured, isOver: () => boolean): Promise<number> {
  const connection = new Connection(server.url);
  let begun = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (begun < LOGINS && !isOver()) {
      const user = name(begun++);
      const call = { name: user, password: `pw of ${user}` };
      await connection.call(Auth.Authenticate, call, 60_000);
      if (!isOver()) done++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  connection.close();
  return done;
}

interface Turn {
  readonly quiet: Measured;
  readonly busy: Measured;
  readonly logins: number;
}

/** Puts, 16 x 16, alone and then while others log in. */
async function putsAndLogins(secured: Secured, directory: string): Promise<Turn> {
  const { server, entry } = secured;
  const shape = { port: server.clientPort, kind: "put", connections: 16, streams: 16 } as const;
  const puts = (): Promise<Measured> => load({ ...shape, ...entry, seconds: SECONDS }, directory);
  const quiet = await puts();
  let isOver = false;
  const logins = logIn(secured, () => isOver);
  const busy = await puts();
  isOver = true;
  return { quiet, busy, logins: await logins };
}

/** Full handshakes a second. */
async function handshakes({ server, entry }: Secured): Promise<number> {
  const args = ["s_time", "-connect", `127.0.0.1:${server.clientPort}`, "-new", "-time", "3"];
  const shakers = Array.from({ length: SHAKERS }, () =>
    run("openssl", [...args, "-CAfile", entry.ca ?? ""], { timeoutMs: 20_000 }),
  );
  let perSecond = 0;
  for (const { stdout, stderr } of await Promise.all(shakers)) {
    const [, count, seconds] =
      /(\d+) connections in (\d+) real seconds/.exec(`${stdout.toString()}${stderr}`) ?? [];
    perSecond += Number(count) / Number(seconds);
  }
  return perSecond;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const count = (value: number): string => Math.round(value).toLocaleString("en");

async function main(): Promise<void> {
  const programs: Peer[] = [peer("etcd"), peer("nodetcd")].filter((each) => each !== undefined);
  const base = temporaryDirectory("nodetcd-bench-security");
  const files = join(base, "files");
  await makeFiles(files);
  const started: Secured[] = [];
  const start = async (program: Peer, security: "tls" | "simple"): Promise<Secured> => {
    const dataDirectory = join(base, `${program.name}-${security}`);
    mkdirSync(dataDirectory, { mode: 0o700 });
    const secured = await startSecured(program, security, files, { dataDirectory, flags: [] });
    started.push(secured);
    return secured;
  };
  try {
    console.log(
      `${programs.map((each) => `${each.name} ${each.version}`).join(", ")}; node ${process.version}; ` +
        `${cpus().length} x ${cpus()[0]?.model ?? "cpu"}; medians of ${RUNS} runs of ${SECONDS} s`,
    );
    const simple: Secured[] = [];
    for (const program of programs) simple.push(await start(program, "simple"));
    for (const each of simple) await makeUsers(each);
    const turns = simple.map((): Turn[] => []);
    for (let i = 0; i < RUNS; i++) {
      for (const [index, each] of simple.entries()) {
        turns[index]!.push(await putsAndLogins(each, base));
      }
    }
    for (const [index, of] of turns.entries()) {
      const [quiet, busy] = [medians(of.map((t) => t.quiet)), medians(of.map((t) => t.busy))];
      const logins = of.map((turn) => turn.logins).join(", ");
      console.log(
        `${programs[index]!.name.padEnd(8)} puts 16 x 16: quiet ${count(quiet.perSecond)}/s, p99 ${ms(quiet.p99)}; ` +
          `with ${logins} logins ${count(busy.perSecond)}/s, p99 ${ms(busy.p99)}: x ${(busy.p99 / quiet.p99).toFixed(2)}`,
      );
    }
    const tls: Secured[] = [];
    for (const program of programs) tls.push(await start(program, "tls"));
    const rates = tls.map((): number[] => []);
    for (let i = 0; i < RUNS; i++) {
      for (const [index, each] of tls.entries()) rates[index]!.push(await handshakes(each));
    }
    for (const [index, of] of rates.entries()) {
      const sorted = of.toSorted((a, b) => a - b);
      console.log(
        `${programs[index]!.name.padEnd(8)} handshakes: ${count(sorted[sorted.length >> 1]!)}/s (ECDSA P-256)`,
      );
    }
  } finally {
    for (const { server } of started) await server.stop();
    rmSync(base, { recursive: true, force: true });
  }
}

await main();

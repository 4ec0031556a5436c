/**
 * The last record of the WAL torn at every byte: cut off there, and zeroed from there on. Only that
 * record may be lost; the server must start, or where the bytes cannot have come from a torn write
 * (they are not zero up to a sector's end) may refuse, saying why.
 *
 *     tsx tests/crash/torn-tail.ts          every byte, each in a fresh copy of the directory
 *     STEP=16 tsx tests/crash/torn-tail.ts  every 16th byte
 *
 * `FROM=2` begins at the record's byte 2; `SHOW=1` prints what a server says that refuses.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import { freePort, ServerProcess, startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";

const KEYS = 20;
const SECTOR = 512;
const FLAGS = ["--heartbeat-interval=20", "--election-timeout=200"];

/** The type of record that holds a raft entry. */
const ENTRY = 2;

interface Frame {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** The frames of a segment: 8 bytes little endian, low 56 bits the length, the top byte 0x80 | padding. */
function framesOf(segment: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let start = 0; start + 8 <= segment.length;) {
    const low = segment.readUIntLE(start, 6) + segment.readUInt8(start + 6) * 2 ** 48;
    if (low === 0) break;
    const top = segment.readUInt8(start + 7);
    const end = start + 8 + low + (top >= 0x80 ? top & 0x07 : 0);
    // The record begins with its type: field 1, a varint.
    frames.push({ start, end, type: segment.readUInt8(start + 9) });
    start = end;
  }
  return frames;
}

async function writeDirectory(subject: Peer, directory: string): Promise<void> {
  const server = await startServer(subject, { dataDirectory: directory, flags: FLAGS });
  const connection = new Connection(server.url);
  for (let i = 0; i < KEYS; i++) {
    await connection.call(METHODS.KV.Put, {
      key: Buffer.from(`k${i}`),
      value: Buffer.from(`v${i}`),
    });
  }
  // Within the commit interval of the backend: the last writes are in the WAL alone.
  await server.kill();
  connection.close();
}

type Outcome = "last kept" | "last lost" | "refused";

/** Starts a server on the torn copy and holds it to all writes but the last. */
async function tryCopy(
  subject: Peer,
  directory: string,
  spoil: (segment: Buffer) => Buffer,
): Promise<Outcome> {
  const copy = temporaryDirectory("nodetcd-torn");
  try {
    cpSync(directory, copy, { recursive: true });
    const file = join(copy, "member", "wal", lastSegment(copy));
    writeFileSync(file, spoil(readFileSync(file)));
    const ports = { client: await freePort(), peer: await freePort() };
    const server = new ServerProcess(subject, ports, { dataDirectory: copy, flags: FLAGS });
    try {
      await server.ready(20_000);
      return await checkKeys(server.url);
    } catch (error) {
      if (!server.hasExited) throw error;
      if (!/crc mismatch|torn|corrupt|unexpected EOF|does not match/i.test(server.log)) {
        throw new Error(`refused without saying why: ${server.tail()}`, { cause: error });
      }
      if (process.env["SHOW"] === "1") console.log(server.tail());
      return "refused";
    } finally {
      await server.kill();
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function checkKeys(url: string): Promise<Outcome> {
  const connection = new Connection(url);
  try {
    for (let i = 0; i < KEYS; i++) {
      const { kvs } = await connection.call(METHODS.KV.Range, { key: Buffer.from(`k${i}`) });
      const value = kvs[0] === undefined ? undefined : Buffer.from(kvs[0].value).toString();
      if (value === `v${i}`) continue;
      if (i === KEYS - 1 && value === undefined) return "last lost";
      throw new Error(`k${i} is ${value}, not v${i}`);
    }
    return "last kept";
  } finally {
    connection.close();
  }
}

function lastSegment(directory: string): string {
  const names = readdirSync(join(directory, "member", "wal")).filter((name) =>
    name.endsWith(".wal"),
  );
  const last = names.sort().at(-1);
  if (last === undefined) throw new Error("There is no WAL segment");
  return last;
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const step = Number(process.env["STEP"] ?? 1);
  const directory = temporaryDirectory("nodetcd-torn-source");
  try {
    await writeDirectory(subject, directory);
    const segment = readFileSync(join(directory, "member", "wal", lastSegment(directory)));
    const frames = framesOf(segment);
    const last = frames.at(-1);
    const lastEntry = frames.findLast(({ type }) => type === ENTRY);
    if (last === undefined || lastEntry === undefined) throw new Error("The segment has no entry");
    const counts = new Map<string, number>();
    const refused: string[] = [];
    // What follows the last entry (the commit index) goes with it.
    for (const { start, end, type } of last === lastEntry ? [last] : [last, lastEntry]) {
      console.log(
        `${subject.name} ${subject.version}: record of type ${type} at ${start}..${end}, every ${step} bytes`,
      );
      for (let at = start + Number(process.env["FROM"] ?? 0); at < end; at += step) {
        const cut = await tryCopy(subject, directory, (bytes) => bytes.subarray(0, at));
        const zeroed = await tryCopy(subject, directory, (bytes) => bytes.fill(0, at));
        if (cut === "refused") {
          refused.push(`record at ${start}, cut ${at - start} of ${end - start} bytes in`);
        }
        if (zeroed === "refused" && at % SECTOR === 0) refused.push(`zeroed from sector ${at}`);
        for (const outcome of [`cut: ${cut}`, `zeroed: ${zeroed}`]) {
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        }
      }
    }
    for (const [outcome, count] of counts) console.log(`  ${outcome}: ${count}`);
    console.log("no earlier write was lost");
    if (refused.length > 0) throw new Error(`refused to start:\n${refused.join("\n")}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();

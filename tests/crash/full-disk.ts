/**
 * A disk that fills up under load: the server may refuse and may stop, but what it acknowledged is
 * there once there is room again, and what it could not keep it did not acknowledge.
 *
 *     tsx tests/crash/full-disk.ts
 *
 * As root on Linux the disk is a small tmpfs; else the size of every file is limited (`ulimit -f`).
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { AlarmAction, METHODS } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import {
  type ServerOptions,
  type ServerProcess,
  startServer,
  temporaryDirectory,
} from "../processes.ts";
import { Connection } from "../rpc.ts";
import { Records } from "./record.ts";
import { newVerified, verify } from "./verify.ts";

/** A WAL segment takes 64 MB at once; the rest is for the database and the next segment. */
const SMALL_MB = 300;
const LARGE_MB = 400;
const VALUE_BYTES = 60_000;
const WORKERS = 8;
/** Bytes written at most: far more than fits. */
const MAX_WRITES = 4000;

interface SmallDisk {
  readonly what: string;
  readonly directory: string;
  /** How a server is started while the disk is small, and when it has been enlarged. */
  readonly small: ServerOptions;
  enlarge(): void;
  remove(): void;
}

function mount(...args: string[]): boolean {
  return spawnSync("mount", args).status === 0;
}

function makeSmallDisk(): SmallDisk {
  const directory = temporaryDirectory("nodetcd-full");
  if (mount("-t", "tmpfs", "-o", `size=${SMALL_MB}m,mode=0700`, "nodetcd-test", directory)) {
    return {
      what: `a tmpfs of ${SMALL_MB} MB`,
      directory,
      small: { dataDirectory: directory },
      enlarge: () => void mount("-o", `remount,size=${LARGE_MB}m`, directory),
      remove: () => {
        spawnSync("umount", [directory]);
        rmSync(directory, { recursive: true, force: true });
      },
    };
  }
  const blocks = (65 * 1024 * 1024) / 512;
  return {
    what: "files of at most 65 MB (ulimit -f; a tmpfs could not be mounted)",
    directory,
    small: {
      dataDirectory: directory,
      wrapper: ["sh", "-c", `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, "sh"],
    },
    enlarge: () => {},
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Writes until nothing more is taken; answers what the first failure said. */
async function fill(server: ServerProcess, records: Records): Promise<string> {
  let count = 0;
  let failure: string | undefined;
  const worker = async (index: number): Promise<void> => {
    const connection = new Connection(server.url);
    while (failure === undefined && count < MAX_WRITES) {
      const key = `k${index}-${count++ % 500}`;
      const value = `${count} `.padEnd(VALUE_BYTES, "full");
      records.sentValues.add(value);
      try {
        const request = { key: Buffer.from(key), value: Buffer.from(value) };
        const reply = await connection.call(METHODS.KV.Put, request, 15_000);
        records.acknowledge(reply.header?.revision ?? 0, [{ key, value }]);
      } catch (error) {
        failure ??= String(error);
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, index) => worker(index)));
  return failure ?? "nothing: all was taken";
}

/** As an operator does once there is room again. */
async function disarm(server: ServerProcess): Promise<void> {
  const connection = new Connection(server.url);
  const { Alarm } = METHODS.Maintenance;
  const { alarms } = await connection.call(Alarm, { action: AlarmAction.GET }, 15_000);
  for (const { memberId, alarm } of alarms) {
    await connection.call(Alarm, { action: AlarmAction.DEACTIVATE, memberId, alarm }, 15_000);
  }
  connection.close();
}

async function prove(subject: Peer, disk: SmallDisk): Promise<void> {
  const records = new Records();
  const server = await startServer(subject, disk.small);
  const failure = await fill(server, records);
  console.log(`  after ${records.acknowledged.size} writes the first failure: ${failure}`);
  if (records.acknowledged.size === 0) throw new Error("not one write was acknowledged");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  console.log(`  the server ${server.hasExited ? `has ended: ${lastError(server)}` : "goes on"}`);
  disk.enlarge();
  if (!server.hasExited) await disarm(server);
  await server.kill();

  const { small } = disk;
  const restarted = await startServer(subject, {
    dataDirectory: small.dataDirectory ?? disk.directory,
  });
  try {
    const faults = await verify(restarted.url, records, newVerified(), true);
    if (faults.length > 0) throw new Error(faults.slice(0, 10).join("\n"));
    console.log(`  with room again: ${records.acknowledged.size} acknowledged writes, none lost`);
  } finally {
    await restarted.stop();
  }
}

function lastError(server: ServerProcess): string {
  const lines = server.log
    .split("\n")
    .filter((line) => /fatal|panic|ENOSPC|no space|NO_SPACE/i.test(line));
  return (lines.at(-1) ?? server.tail()).slice(0, 400);
}

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const disk = makeSmallDisk();
  console.log(`a full disk under ${subject.name} ${subject.version}: ${disk.what}`);
  try {
    await prove(subject, disk);
  } finally {
    disk.remove();
  }
}

await main();

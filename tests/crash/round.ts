/** One round of the crash harness on a data directory that stays from round to round. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import { freePort, run, ServerProcess, startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { Seeded } from "../seeded.ts";
import { Load } from "./load.ts";
import { Records } from "./record.ts";
import { newVerified, verify, type Verified } from "./verify.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Campaign {
  readonly subject: Peer;
  readonly random: Seeded;
  readonly directory: string;
  readonly ports: { readonly clientPort: number; readonly peerPort: number };
  readonly records: Records;
  readonly verified: Verified;
}

export async function newCampaign(subject: Peer, random: Seeded): Promise<Campaign> {
  return {
    subject,
    random,
    directory: temporaryDirectory("nodetcd-crash"),
    ports: { clientPort: await freePort(), peerPort: await freePort() },
    records: new Records(),
    verified: newVerified(),
  };
}

/** The member on the campaign's directory, serving. */
export function start(campaign: Campaign): Promise<ServerProcess> {
  const { subject, directory, ports } = campaign;
  return startServer(subject, {
    dataDirectory: directory,
    ...ports,
    flags: ["--heartbeat-interval=20", "--election-timeout=200", "--snapshot-count=2000"],
  });
}

/**
 * Load, death, sometimes a second death while recovering, restart, verification. The faults found,
 * in words. `whole`: the whole history is read again, and real etcd opens a copy.
 */
export async function round(campaign: Campaign, whole: boolean): Promise<string[]> {
  const { random, records, verified, directory } = campaign;
  const server = await start(campaign);
  const load = new Load(server.url, records, random);
  await sleep(random.between(20, 700));
  await server.kill();
  await load.stop();
  const faults = await checkFile(directory);
  if (random.chance(15)) await dieWhileStarting(campaign);
  const restarted = await start(campaign);
  try {
    faults.push(...(await verify(restarted.url, records, verified, whole)));
  } finally {
    await restarted.kill();
  }
  if (whole) faults.push(...(await openWithEtcd(campaign)));
  return faults;
}

async function dieWhileStarting(campaign: Campaign): Promise<void> {
  const { clientPort, peerPort } = campaign.ports;
  const server = new ServerProcess(
    campaign.subject,
    { client: clientPort, peer: peerPort },
    { dataDirectory: campaign.directory },
  );
  await sleep(campaign.random.between(50, 500));
  await server.kill();
}

/** `bbolt check` of the database, where that is at hand. */
export async function checkFile(directory: string): Promise<string[]> {
  const bbolt = peer("bbolt");
  if (bbolt === undefined) return [];
  const file = join(directory, "member", "snap", "db");
  const { status, stdout, stderr } = await run(bbolt.path, ["check", file]);
  return status === 0
    ? []
    : [`bbolt check: ${stdout.toString().slice(0, 2000)} ${stderr.slice(0, 500)}`];
}

/** Real etcd opens a copy of the directory and finds the same history in it. */
async function openWithEtcd({ directory, verified, records }: Campaign): Promise<string[]> {
  const etcd = peer("etcd");
  if (etcd === undefined || !etcd.version.startsWith("3.7") || verified.hash === undefined)
    return [];
  const copy = temporaryDirectory("nodetcd-crash-copy");
  try {
    cpSync(directory, copy, { recursive: true });
    const server = await startServer(etcd, { dataDirectory: copy });
    const connection = new Connection(server.url);
    try {
      const { hash } = await connection.call(METHODS.Maintenance.HashKV, {
        revision: verified.hash.revision,
      });
      const isComparable = verified.hash.compacted === records.compacted;
      return !isComparable || hash === verified.hash.value
        ? []
        : [`real etcd finds hash ${hash} at ${verified.hash.revision}, not ${verified.hash.value}`];
    } finally {
      connection.close();
      await server.kill();
    }
  } catch (error) {
    return [`real etcd does not open the directory: ${String(error)}`];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Clusters that find each other by the services of a domain: `--discovery-srv` asks a real name server, in a network
 * of its own. Three of etcd, three of nodetcd and both mixed become the same cluster, with the same ids; what
 * cannot be found is refused with the same words (Linux, `unshare`, `ip`, root).
 *
 *     npm run prove -- cluster-discovery
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { peer, type Peer, sayMissing } from "../peers.ts";
import { allOrNone, freePort, run, ServerProcess, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { serveNames } from "./name-server.ts";
import { patiently } from "./patience.ts";

const ADDRESS = "127.0.0.1";
const DOMAIN = "cluster.test";
/** The service of a second cluster of the same domain. */
const SERVICE_NAME = "blue";
const SIZE = 3;
const READY_MS = 180_000;
const INSIDE = "NODETCD_IN_OWN_NETWORK";

/** Runs this program again where `resolv.conf` and the loopback network are its own. */
function goInside(): number {
  const folder = temporaryDirectory("nodetcd-resolver");
  const file = join(folder, "resolv.conf");
  writeFileSync(file, `nameserver ${ADDRESS}\noptions timeout:1 attempts:1\n`);
  const script = 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && exec "$@"';
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync("unshare", ["-mn", "sh", "-c", script, file, ...again], {
    env: { ...process.env, [INSIDE]: "1" },
    stdio: "inherit",
  });
  rmSync(folder, { recursive: true });
  return status ?? 1;
}

interface Place {
  readonly host: string;
  readonly peer: number;
  readonly client: number;
}

function flagsOf({ host, peer: port }: Place, name: string, service: string): string[] {
  return [
    `--name=${name}`,
    `--listen-peer-urls=http://${ADDRESS}:${port}`,
    `--initial-advertise-peer-urls=http://${host}:${port}`,
    `--discovery-srv=${DOMAIN}`,
    ...(service === "" ? [] : [`--discovery-srv-name=${service}`]),
  ];
}

/** Founds a cluster and says what it is. */
async function found(
  programs: readonly Peer[],
  places: readonly Place[],
  service: string,
): Promise<string> {
  const members = await allOrNone(
    places.map(async (place, i) => {
      const dataDirectory = temporaryDirectory("nodetcd-discovery");
      const url = `http://${ADDRESS}:${place.client}`;
      const flags = [
        `--data-dir=${dataDirectory}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        ...flagsOf(place, `m${i + 1}`, service),
      ];
      const options = { dataDirectory, flags, isBare: true } as const;
      const member = new ServerProcess(programs[i]!, place, options);
      await member.ready(READY_MS);
      return member;
    }),
  );
  const connection = new Connection(members[0]!.url);
  try {
    return await patiently(async () => {
      const { header, members: list } = await connection.call(METHODS.Cluster.MemberList, {});
      const lines = list.map(({ id, name, peerUrls }) => `${id} ${name} ${peerUrls.join()}`);
      if (list.some(({ name }) => name === "")) throw new Error("not all have said their names");
      return `${header?.clusterId}: ${lines.toSorted().join(", ")}`;
    });
  } finally {
    connection.close();
    for (const member of members) {
      await member.stop();
      rmSync(member.dataDirectory, { recursive: true });
    }
  }
}

/** How a start ends that finds nothing it can use. */
async function refusal({ path }: Peer, flags: readonly string[]): Promise<string> {
  const dataDirectory = temporaryDirectory("nodetcd-discovery");
  const url = `http://${ADDRESS}:${await freePort()}`;
  const own = [`--data-dir=${dataDirectory}`, `--listen-client-urls=${url}`];
  const { status, stderr } = await run(path, [...own, `--advertise-client-urls=${url}`, ...flags]);
  rmSync(dataDirectory, { recursive: true, force: true });
  const [, error] = /"error setting up initial cluster: (.*?[^\\])"[,}]/.exec(stderr) ?? [];
  // Go names the server that it asked.
  return `${status} ${error?.replaceAll(` on ${ADDRESS}:53`, "") ?? stderr.slice(-400)}`;
}

function compare(what: string, told: Readonly<Record<string, string>>): void {
  const isSame = new Set(Object.values(told)).size === 1;
  console.log(`${isSame ? "alike" : "DIFFERENT"}: ${what}`);
  for (const [by, text] of Object.entries(told)) console.log(`  ${by}: ${text}`);
  if (!isSame) process.exitCode = 1;
}

async function main(etcd: Peer, ours: Peer): Promise<void> {
  const places: Place[] = [];
  for (let i = 1; i <= SIZE; i++) {
    const host = `m${i}.${DOMAIN}`;
    places.push({ host, peer: await freePort(), client: await freePort() });
  }
  const records = places.map(({ host, peer: port }) => ({ host, port }));
  const stop = await serveNames(
    {
      hosts: Object.fromEntries(places.map(({ host }) => [host, ADDRESS])),
      services: {
        [`_etcd-server._tcp.${DOMAIN}`]: records,
        [`_etcd-server-${SERVICE_NAME}._tcp.${DOMAIN}`]: records,
        // The records are of the other scheme.
        [`_etcd-server-ssl-secure._tcp.${DOMAIN}`]: records,
      },
    },
    ADDRESS,
  );
  const kinds = {
    etcd: [etcd, etcd, etcd],
    nodetcd: [ours, ours, ours],
    mixed: [ours, etcd, ours],
  };
  for (const service of ["", SERVICE_NAME]) {
    const told: Record<string, string> = {};
    for (const [kind, programs] of Object.entries(kinds)) {
      told[kind] = await found(programs, places, service);
    }
    compare(service === "" ? "a domain's cluster" : `its cluster "${service}"`, told);
  }
  const refused: Readonly<Record<string, string[]>> = {
    "a service without records": flagsOf(places[0]!, "m1", "none"),
    "records of the other scheme": flagsOf(places[0]!, "m1", "secure"),
  };
  for (const [what, flags] of Object.entries(refused)) {
    compare(what, { etcd: await refusal(etcd, flags), nodetcd: await refusal(ours, flags) });
  }
  stop();
}

if (process.env[INSIDE] === "1") {
  const [etcd, ours] = [peer("etcd"), peer("nodetcd")];
  if (etcd !== undefined && ours !== undefined) await main(etcd, ours);
} else if (spawnSync("unshare", ["-mn", "ip", "link"]).status === 0) {
  process.exitCode = goInside();
} else {
  sayMissing("a network of its own (root, unshare, ip): discovery by DNS was not tried");
}

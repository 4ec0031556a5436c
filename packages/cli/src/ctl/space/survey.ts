import { type Client, OldestRevision, type Pin } from "@nodetcd/client";
import { humanBytes } from "../output/values.ts";

/** One member's file. Bytes. */
export interface MemberSpace {
  readonly name: string;
  readonly endpoint: string;
  readonly file: number;
  readonly inUse: number;
  /** 0: it does not say, as etcd before 3.6. */
  readonly quota: number;
  readonly alarms: readonly string[];
  /** Watchers, and how many of them are behind; undefined where its /metrics cannot be read. */
  readonly watchers: { readonly all: number; readonly behind: number } | undefined;
  /** Bytes in use a second, over the time of the sample. */
  readonly growth: number;
}

export interface Survey {
  readonly revision: number;
  /** The oldest revision that can be read. */
  readonly oldest: number;
  /** Revisions a second, over the time of the sample. */
  readonly rate: number;
  /** Seconds that the readable history goes back if the rate was always so; undefined: nothing was written. */
  readonly reachSeconds: number | undefined;
  readonly pins: readonly Pin[];
  readonly members: readonly MemberSpace[];
}

interface Reading {
  readonly at: number;
  readonly revision: number;
  readonly inUse: ReadonlyMap<string, number>;
}

const METRICS_TIMEOUT_MS = 2_000;

/** Looks at all members twice, `sampleMs` apart. Members that do not answer fail it. */
export async function survey(client: Client, sampleMs: number): Promise<Survey> {
  const members = (await client.cluster.members()).filter(
    ({ clientUrls }) => clientUrls[0] !== undefined,
  );
  const places = members.map(({ id, name, clientUrls }) => ({
    id,
    name,
    endpoint: clientUrls[0]!,
  }));
  const before = await read(client, places);
  await new Promise((resolve) => setTimeout(resolve, sampleMs));
  const after = await read(client, places);
  const seconds = Math.max(after.at - before.at, 1) / 1_000;
  const rate = (after.revision - before.revision) / seconds;
  const oldest = await new OldestRevision(client).find(after.revision);
  const alarms = await client.maintenance.alarms();
  return {
    revision: after.revision,
    oldest,
    rate,
    reachSeconds: rate > 0 ? (after.revision - oldest) / rate : undefined,
    pins: await client.pins(),
    members: await Promise.all(
      places.map(async ({ id, name, endpoint }) => {
        const status = await client.maintenance.status({ endpoint });
        return {
          name,
          endpoint,
          file: status.dbSize,
          inUse: status.dbSizeInUse,
          quota: status.dbSizeQuota,
          alarms: alarms.filter(({ memberId }) => memberId === id).map(({ alarm }) => alarm),
          watchers: await watchersOf(endpoint),
          growth: (after.inUse.get(endpoint)! - before.inUse.get(endpoint)!) / seconds,
        };
      }),
    ),
  };
}

async function read(
  client: Client,
  places: readonly { readonly endpoint: string }[],
): Promise<Reading> {
  const at = performance.now();
  const all = await Promise.all(
    places.map(async ({ endpoint }) => ({
      endpoint,
      ...(await client.maintenance.status({ endpoint })),
    })),
  );
  return {
    at,
    revision: Math.max(...all.map(({ revision }) => revision)),
    inUse: new Map(all.map(({ endpoint, dbSizeInUse }) => [endpoint, dbSizeInUse])),
  };
}

/** From its metrics, where they are served without TLS. */
async function watchersOf(endpoint: string): Promise<MemberSpace["watchers"]> {
  if (!endpoint.startsWith("http://")) return undefined;
  try {
    const signal = AbortSignal.timeout(METRICS_TIMEOUT_MS);
    const page = await (await fetch(new URL("/metrics", endpoint), { signal })).text();
    const value = (name: string): number =>
      Number(new RegExp(`^etcd_debugging_mvcc_${name} (\\S+)$`, "m").exec(page)?.[1]);
    const found = { all: value("watcher_total"), behind: value("slow_watcher_total") };
    return Number.isNaN(found.all + found.behind) ? undefined : found;
  } catch {
    return undefined;
  }
}

/** `1h2m`, `3m20s`, `12s`: for people. */
export function about(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return `${hours}h${minutes}m`;
  return minutes > 0 ? `${minutes}m${Math.round(seconds % 60)}s` : `${Math.round(seconds)}s`;
}

/** A change of bytes a second: `+1.2 kB/s`. */
export function growthText(bytes: number): string {
  return `${bytes < 0 ? "-" : "+"}${humanBytes(Math.abs(bytes))}/s`;
}

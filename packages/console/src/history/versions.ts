import { type Client, EtcdError, type WatchEvent } from "@nodetcd/client";
import type { Clock } from "@nodetcd/runtime";
import { toBase64Url } from "../contract/bytes.ts";
import type { HistoryView, VersionView } from "../contract/history.ts";
import { ConsoleError } from "../errors.ts";

/** Versions of one key that are answered: the newest. */
const VERSIONS = 500;
/** Milliseconds between two questions how far the watch has come, and until it is given up. */
const PROGRESS_MS = 200;
const PATIENCE_MS = 20_000;
/**
 * Members before etcd 3.6 say that a watch has come to now before they have sent its history, which they
 * do within a tenth of a second; so long is waited at least for the end of a deleted key's history.
 */
const SETTLE_MS = 1_000;

export interface HistoryRequest {
  readonly key: Uint8Array;
  /** Where history was readable from, not long ago. */
  readonly oldest: number;
  readonly signal: AbortSignal;
  /** About when a revision was written. */
  readonly timeOf: (revision: number) => number | undefined;
}

/**
 * All versions of a key that history has, deletions too: what it was at the oldest revision, and a watch
 * from there to now. The watch tells when it has come that far.
 */
export async function versionsOf(
  client: Client,
  clock: Clock,
  { key, oldest: asked, signal, timeOf }: HistoryRequest,
): Promise<HistoryView> {
  const { revision: now, keyValues } = await client.range(key, { keysOnly: true });
  const oldest = await firstReadable(client, key, asked);
  const first = await client.get(key, { revision: oldest });
  const versions: VersionView[] = [];
  const add = (version: VersionView): void => {
    const at = timeOf(version.revision);
    versions.push(at === undefined ? version : { ...version, at });
  };
  if (first !== undefined) add(versionOf("put", first));
  if (oldest < now) {
    // A key that is there now tells its last change; that of a deleted one has to be waited for.
    const last = keyValues[0]?.modRevision;
    const span = { key, from: oldest + 1, now, last, signal };
    for await (const { type, keyValue } of changes(client, clock, span)) {
      add(versionOf(type, keyValue));
      if (versions.length > VERSIONS * 20) break;
    }
  }
  return {
    id: toBase64Url(key),
    versions: versions.slice(-VERSIONS),
    oldest,
    revision: now,
    more: versions.length > VERSIONS,
  };
}

interface Span {
  readonly key: Uint8Array;
  readonly from: number;
  readonly now: number;
  /** Revision of the last change, when it is known. */
  readonly last: number | undefined;
  readonly signal: AbortSignal;
}

/** The events of a key from a revision to another. */
async function* changes(
  client: Client,
  clock: Clock,
  { key, from, now, last = now, signal }: Span,
): AsyncGenerator<WatchEvent, void, undefined> {
  if (last < from) return;
  const end = new AbortController();
  const stop = (): void => end.abort();
  signal.addEventListener("abort", stop, { once: true });
  const began = clock.monotonic();
  let complete = false;
  const watcher = client.watch(key, {
    startRevision: from,
    signal: end.signal,
    onProgress: (revision) => {
      if (revision < now || clock.monotonic() - began < SETTLE_MS) return;
      complete = true;
      if (watcher.queued === 0) stop();
    },
  });
  const asking = clock.setRepeating(PROGRESS_MS, () => watcher.requestProgress());
  const patience = clock.setTimer(PATIENCE_MS, stop);
  try {
    for await (const event of watcher) {
      if (event.keyValue.modRevision > now) return;
      yield event;
      if (event.keyValue.modRevision >= last) return;
    }
    if (!complete && !signal.aborted) {
      throw new ConsoleError("UNAVAILABLE", "The member did not tell its history in time");
    }
  } finally {
    asking.cancel();
    patience.cancel();
    await watcher.return();
  }
}

/** The sample may be older than a compaction: the store itself says whether it can be read. */
async function firstReadable(client: Client, key: Uint8Array, oldest: number): Promise<number> {
  try {
    await client.get(key, { revision: Math.max(1, oldest), keysOnly: true });
    return Math.max(1, oldest);
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== "COMPACTED") throw error;
    throw new ConsoleError("CONFLICT", "History was compacted just now", "Look again.");
  }
}

function versionOf(
  kind: "put" | "delete",
  {
    modRevision,
    version,
    createRevision,
    value,
    lease,
  }: {
    modRevision: number;
    version: number;
    createRevision: number;
    value: Uint8Array;
    lease: bigint;
  },
): VersionView {
  return {
    revision: modRevision,
    kind,
    version,
    createRevision,
    size: value.length,
    ...(lease === 0n ? {} : { lease: lease.toString(16) }),
  };
}

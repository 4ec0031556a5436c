import type { Client, WatchEvent } from "@nodetcd/client";
import { EtcdError } from "@nodetcd/client";
import { type Clock, sleep } from "@nodetcd/runtime";
import { toBase64Url } from "../contract/bytes.ts";
import type { TailBatch, TailEnd, TailEvent } from "../contract/watch.ts";
import type { StreamEvent } from "../http/exchange.ts";
import type { Matcher } from "../keys/search.ts";
import { TAIL_EVENTS, TAIL_MS, TAIL_PREFIXES } from "../limits.ts";

export interface TailRequest {
  readonly prefix: Uint8Array;
  /** First revision; 0: from now on. */
  readonly from: number;
  /** Whether a key is meant; counts and skips are of what is meant. */
  readonly matches: ((key: Uint8Array) => boolean) | undefined;
  readonly signal: AbortSignal;
}

/**
 * A watch for a page. Events are gathered for a tenth of a second, and only the newest of them are
 * sent; the others are counted. So a page gets ten messages a second of bounded size, whatever happens
 * in the cluster, and knows from which revision on it can read what it did not get.
 */
export async function* tail(
  client: Client,
  clock: Clock,
  request: TailRequest,
): AsyncGenerator<StreamEvent> {
  const { prefix, from, matches, signal } = request;
  const watcher = client.watch(prefix, { prefix: true, startRevision: from, signal });
  const gathered = new Gathered();
  let ended: Error | "end" | undefined;
  let wake = (): void => undefined;
  const reading = (async () => {
    for await (const { events } of watcher.batches()) {
      for (const event of events) {
        if (matches === undefined || matches(event.keyValue.key)) gathered.add(event);
      }
      wake();
    }
  })().then(
    () => (ended = "end"),
    (error: unknown) => (ended = error instanceof Error ? error : new Error(String(error))),
  );
  void reading.then(() => wake());
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    const revision = await watcher.ready.catch(() => undefined);
    if (revision !== undefined) yield { event: "begin", data: { revision } };
    while (!signal.aborted) {
      if (gathered.count === 0 && ended === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (signal.aborted) resolve();
        });
      }
      await sleep(clock, TAIL_MS);
      if (gathered.count > 0) {
        const batch = gathered.take(clock.wallTime());
        yield { id: String(batch.lastRevision), event: "batch", data: batch };
      } else if (ended !== undefined) {
        if (ended !== "end") yield { event: "gone", data: endOf(ended) };
        return;
      }
    }
  } finally {
    await watcher.return();
  }
}

function endOf(error: Error): TailEnd {
  if (!(error instanceof EtcdError)) return { code: "UNKNOWN", message: error.message };
  const { code, message, compactRevision } = error;
  return { code, message, ...(compactRevision > 0 ? { oldest: compactRevision } : {}) };
}

/** The newest events of a tenth of a second, and counts of all. */
class Gathered {
  #ring: WatchEvent[] = [];
  #at = 0;
  #first = 0;
  #last = 0;
  #counts = new Map<string, number>();
  count = 0;

  add(event: WatchEvent): void {
    const { modRevision, key } = event.keyValue;
    if (this.count === 0) this.#first = modRevision;
    this.#last = modRevision;
    this.count++;
    if (this.#ring.length < TAIL_EVENTS) this.#ring.push(event);
    else {
      this.#ring[this.#at] = event;
      this.#at = (this.#at + 1) % TAIL_EVENTS;
    }
    const group = groupOf(key);
    const known = this.#counts.get(group);
    const name = known !== undefined || this.#counts.size < TAIL_PREFIXES ? group : "";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  take(at: number): TailBatch {
    const events = [...this.#ring.slice(this.#at), ...this.#ring.slice(0, this.#at)];
    const batch: TailBatch = {
      at,
      events: events.map(tailEvent),
      skipped: this.count - events.length,
      firstRevision: this.#first,
      lastRevision: this.#last,
      counts: [...this.#counts].map(([group, count]) => [
        toBase64Url(Buffer.from(group, "latin1")),
        count,
      ]),
    };
    this.#ring = [];
    this.#at = 0;
    this.#counts = new Map();
    this.count = 0;
    return batch;
  }
}

const SLASH = 0x2f;

/** The first two parts of a key, in latin1: `/registry/pods/` of `/registry/pods/a/b`. */
export function groupOf(key: Uint8Array): string {
  let parts = 0;
  for (let at = 1; at < key.length; at++) {
    if (key[at] === SLASH && ++parts === 2) return latin1(key.subarray(0, at + 1));
  }
  const last = key.lastIndexOf(SLASH);
  return latin1(key.subarray(0, last > 0 ? last + 1 : key.length));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function tailEvent({ type, keyValue }: WatchEvent): TailEvent {
  const { key, modRevision, version, value, lease } = keyValue;
  return {
    id: toBase64Url(key),
    kind: type === "delete" ? "delete" : version === 1 ? "create" : "put",
    revision: modRevision,
    version,
    size: value.length,
    ...(lease === 0n ? {} : { lease: lease.toString(16) }),
  };
}

/** A matcher of texts as one of bytes. */
export function byteMatcher(
  matches: Matcher,
  toText: (key: Uint8Array) => string,
): (key: Uint8Array) => boolean {
  return (key) => matches(toText(key));
}

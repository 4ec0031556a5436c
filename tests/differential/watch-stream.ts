/** One watch stream of a run: what arrived for each watch, and what etcd promises about it. */
import { type Event, type Init, METHODS, WatchRequest, WatchResponse } from "@nodetcd/messages";
import type { Connection, Metadata, RpcStream } from "../rpc.ts";

/** Milliseconds to wait for an answer on the stream before it counts as missing. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Milliseconds between progress requests while watches are catching up. */
const PROGRESS_RETRY_MS = 30;

interface OpenWatch {
  readonly startRevision: number;
  /** Newest revision that an event had. */
  lastRevision: number;
  /** Newest revision that the stream promised to have told everything up to. */
  progress: number;
}

export class WatchStreamRun {
  readonly #stream: RpcStream;
  readonly #show: (value: unknown) => string;
  readonly #open = new Map<bigint, OpenWatch>();
  readonly #waiting = new Set<(response: WatchResponse) => boolean>();
  /** Everything since the last `take`, by watch: events and cancellations in order. */
  #arrived = new Map<bigint, string[]>();
  /** Promises of the protocol that this server broke. */
  readonly violations: string[] = [];
  /** Start revision of the watch that is being created. */
  #starting = 0;
  #end: string | undefined;

  /** `show` prints a value in the form in which the two servers are compared. */
  constructor(connection: Connection, show: (value: unknown) => string, metadata: Metadata = {}) {
    this.#show = show;
    this.#stream = connection.open(
      METHODS.Watch.Watch.path,
      (message) => this.#receive(WatchResponse.decode(message)),
      ({ code, message }) => (this.#end = `${code} ${message}`),
      metadata,
    );
  }

  get hasOpenWatches(): boolean {
    return this.#open.size > 0;
  }

  /** The latest revision that an open watch begins at. Until it is reached etcd sends no progress. */
  get latestStart(): number {
    return Math.max(0, ...[...this.#open.values()].map(({ startRevision }) => startRevision));
  }

  isOpen(watchId: bigint): boolean {
    return this.#open.has(watchId);
  }

  #receive(response: WatchResponse): void {
    this.#check(response);
    if (response.created) {
      this.#open.set(response.watchId, {
        startRevision: this.#starting,
        lastRevision: 0,
        progress: 0,
      });
    }
    if (response.canceled && !this.#open.delete(response.watchId)) return;
    if (response.canceled && response.compactRevision > 0) this.#forget(response.watchId);
    const isAnswer = response.created || response.watchId === -1n;
    if (!isAnswer) this.#keep(response);
    for (const matches of this.#waiting) if (matches(response)) this.#waiting.delete(matches);
  }

  /**
   * etcd keeps a watch that a compaction canceled in the list of its stream's watches, never counts
   * it as synced, and so never again answers a progress request on the stream, until the client
   * cancels it too. That second cancellation is answered once more, and ignored here.
   */
  #forget(watchId: bigint): void {
    this.#stream.send(WatchRequest.encode({ cancelRequest: { watchId } }));
  }

  #keep(response: WatchResponse): void {
    const list = this.#arrived.get(response.watchId) ?? [];
    this.#arrived.set(response.watchId, list);
    for (const event of response.events) list.push(this.#show(event));
    if (response.canceled) {
      const { header, compactRevision, cancelReason } = response;
      list.push(`canceled ${header?.revision} ${compactRevision} ${cancelReason}`);
    }
  }

  /** Order, atomicity and progress: see etcd's watch guarantees ("ordered", "atomic", "bookmarkable"). */
  #check(response: WatchResponse): void {
    const revision = response.header?.revision ?? 0;
    const watch = this.#open.get(response.watchId);
    const first = response.events[0]?.kv?.modRevision ?? 0;
    const fault = (what: string): void => {
      this.violations.push(`watch ${response.watchId}: ${what} (response at ${revision})`);
    };
    if (response.watchId === -1n && !response.created && !response.canceled) {
      for (const open of this.#open.values()) open.progress = revision;
    }
    if (response.events.length === 0) return;
    if (watch === undefined) return fault("events for a watch that is not open");
    if (first <= watch.progress) fault(`event at ${first} after progress ${watch.progress}`);
    if (first <= watch.lastRevision && !response.fragment) {
      fault(`event at ${first} after one at ${watch.lastRevision}`);
    }
    let last = first;
    for (const event of response.events) {
      const at = revisionOf(event);
      if (at < last) fault(`event at ${at} behind one at ${last}`);
      last = at;
    }
    if (last > revision) fault(`event at ${last} in a response of ${revision}`);
    watch.lastRevision = response.fragment ? last - 1 : last;
  }

  async create(request: Init<WatchRequest["createRequest"]>): Promise<string> {
    const answer = this.#waitFor((response) => response.created);
    this.#starting = request?.startRevision ?? 0;
    this.#stream.send(WatchRequest.encode({ createRequest: request ?? {} }));
    const response = await answer;
    return response === undefined ? this.#missing("answer to create") : this.#show(response);
  }

  /** Cancels; waits for the answer only where one is due: etcd says nothing about an unknown id. */
  async cancel(watchId: bigint): Promise<string> {
    const isDue = this.isOpen(watchId);
    const answer = isDue ? this.#waitFor((r) => r.canceled && r.watchId === watchId) : undefined;
    this.#stream.send(WatchRequest.encode({ cancelRequest: { watchId } }));
    if (answer === undefined) return "nothing to cancel";
    return (await answer) === undefined ? this.#missing("answer to cancel") : "canceled";
  }

  /**
   * Waits until every watch has been told everything up to `revision`. What arrives with a revision
   * up to that later is a violation.
   */
  async settle(revision: number): Promise<void> {
    const deadline = Date.now() + ANSWER_TIMEOUT_MS;
    while (this.hasOpenWatches && this.#end === undefined) {
      const answer = this.#waitFor(
        (r) => (r.watchId === -1n && (r.header?.revision ?? 0) >= revision) || !this.hasOpenWatches,
        PROGRESS_RETRY_MS,
      );
      this.#stream.send(WatchRequest.encode({ progressRequest: {} }));
      if ((await answer) !== undefined) return;
      if (Date.now() > deadline) {
        const open = JSON.stringify(Array.from(this.#open, ([id, watch]) => [`${id}`, watch]));
        this.violations.push(`no progress to ${revision} within ${ANSWER_TIMEOUT_MS} ms: ${open}`);
        return;
      }
    }
  }

  /** What arrived since the last call, by watch. */
  take(): Map<bigint, string[]> {
    const arrived = this.#arrived;
    this.#arrived = new Map();
    if (this.#end !== undefined) arrived.set(-2n, [`stream ended: ${this.#end}`]);
    return arrived;
  }

  #missing(what: string): string {
    return this.#end === undefined ? `no ${what}` : `stream ended: ${this.#end}`;
  }

  #waitFor(
    matches: (response: WatchResponse) => boolean,
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<WatchResponse | undefined> {
    return new Promise((resolve) => {
      const waiter = (response: WatchResponse): boolean => {
        if (!matches(response)) return false;
        clearTimeout(timer);
        resolve(response);
        return true;
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        resolve(undefined);
      }, timeoutMs);
      this.#waiting.add(waiter);
    });
  }
}

function revisionOf(event: Event): number {
  return event.kv?.modRevision ?? 0;
}

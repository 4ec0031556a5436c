/** A watch of all keys through one member, from the first revision on; taken up again after every break. */
import { EventType, METHODS, WatchRequest, WatchResponse } from "@nodetcd/messages";
import { Connection, type RpcStream } from "../rpc.ts";
import type { Change } from "./timeline.ts";
import { valueName } from "./values.ts";

const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
const RETRY_MS = 100;
/** A stream over which nothing came for so long is given up: the member may stand still. */
const SILENCE_MS = 3_000;

/** What one member's watch told, held to the promises: in order, each once, whole revisions. */
export class WatchLog {
  readonly name: string;
  readonly changes = new Map<number, readonly Change[]>();
  readonly faults: string[] = [];
  /** It is told of what comes after this. */
  readonly from: number;
  /** Everything up to here has been told. */
  revision: number;
  /** Of the newest event: later than `revision` while a response is taken. */
  #newest: number;

  constructor(name: string, from: number) {
    this.name = name;
    this.from = this.revision = this.#newest = from;
  }

  take(response: WatchResponse): void {
    if (response.canceled) {
      const { cancelReason, compactRevision } = response;
      this.#fault(`canceled at ${this.revision}: ${cancelReason}, compacted at ${compactRevision}`);
    }
    for (const { type, kv } of response.events) {
      if (kv === undefined) return this.#fault("an event without a key");
      const value = type === EventType.DELETE ? undefined : valueName(kv.value);
      this.#add(kv.modRevision, { key: Buffer.from(kv.key).toString(), value }, response);
    }
    const last = response.events.at(-1)?.kv?.modRevision ?? 0;
    this.revision = Math.max(this.revision, last);
  }

  /** Every revision has a change, so that none may be missing; `this.revision` is that of the last response. */
  #add(revision: number, change: Change, { header }: WatchResponse): void {
    if (revision > (header?.revision ?? 0)) this.#fault(`event of ${revision} before its time`);
    if (revision <= this.revision || revision < this.#newest || revision > this.#newest + 1) {
      return this.#fault(`event of ${revision} behind ${this.#newest}`);
    }
    this.#newest = revision;
    this.changes.set(revision, [...(this.changes.get(revision) ?? []), change]);
  }

  #fault(what: string): void {
    this.faults.push(`watch of ${this.name}: ${what}`);
  }
}

export class MemberWatch {
  readonly log: WatchLog;
  readonly #url: string;
  readonly #metadata: () => Readonly<Record<string, string>>;
  #connection: Connection | undefined;
  #stream: RpcStream | undefined;
  #silence: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    name: string,
    url: string,
    from: number,
    metadata: () => Readonly<Record<string, string>> = () => ({}),
  ) {
    this.log = new WatchLog(name, from);
    this.#url = url;
    this.#metadata = metadata;
    this.#open();
  }

  #open(): void {
    if (this.#closed) return;
    const connection = new Connection(this.#url);
    this.#connection = connection;
    const stream = connection.open(
      METHODS.Watch.Watch.path,
      (message) => {
        if (stream !== this.#stream) return;
        this.#listen();
        const response = WatchResponse.decode(message);
        if (response.canceled && /leader|token|auth/.test(response.cancelReason)) stream.cancel();
        else this.log.take(response);
      },
      () => {
        connection.close();
        setTimeout(() => this.#open(), RETRY_MS);
      },
      this.#metadata(),
    );
    this.#stream = stream;
    const createRequest = { ...ALL, startRevision: this.log.revision + 1 };
    stream.send(WatchRequest.encode({ createRequest }));
    this.#listen();
  }

  /** Asks how far the member is when nothing comes, and ends the stream when it does not answer. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#stream?.send(WatchRequest.encode({ progressRequest: {} }));
      this.#silence = setTimeout(() => this.#stream?.cancel(), SILENCE_MS);
    }, SILENCE_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#silence);
    this.#stream?.cancel();
    this.#connection?.close();
  }
}

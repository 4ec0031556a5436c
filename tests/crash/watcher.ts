/** A watch that is taken up again after every death of the server, and keeps a log of what it was told. */
import {
  type Event,
  FilterType,
  type Init,
  METHODS,
  type WatchCreateRequest,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import type { Connection, RpcStream } from "../rpc.ts";
import type { Seeded } from "../seeded.ts";

export interface Wish {
  readonly key: string;
  /** Exclusive; empty: the one key. */
  readonly end: string;
  readonly filters: readonly FilterType[];
  readonly prevKv: boolean;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
}

/** In the order in which it came. `compacted`: the watch ended, since its next revision was gone. */
export type Told =
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "progress"; readonly revision: number }
  | { readonly kind: "compacted"; readonly revision: number };

const FILTERS: readonly (readonly FilterType[])[] = [
  [],
  [],
  [],
  [FilterType.NOPUT],
  [FilterType.NODELETE],
];

export function randomWish(random: Seeded): Wish {
  const key = `${random.pick(["", "a", "b"])}k${random.below(64)}`;
  const ranges = [
    { key, end: "" },
    { key, end: "" },
    { key: "a", end: "b" },
    { key: "k1", end: "k2" },
    { key, end: "\0" },
    { key: "\0", end: "\0" },
  ];
  return {
    ...random.pick(ranges),
    filters: random.pick(FILTERS),
    prevKv: random.chance(50),
    fragment: random.chance(50),
    progressNotify: random.chance(50),
  };
}

export class LoggedWatch {
  readonly wish: Wish;
  readonly told: Told[] = [];
  /** First revision to see; 0 until the server has said from where on it watches. */
  start: number;
  faults: string[] = [];
  /** Cancelled because of a compaction, or left. */
  over = false;
  /** Nothing more is expected. */
  left = false;
  /** Where it goes on after a break. */
  #next: number;
  #stream: RpcStream | undefined;
  /** Of a response that comes in fragments: counts when the last one is there. */
  #fragments: Event[] = [];

  constructor(wish: Wish, start: number) {
    this.wish = wish;
    this.start = start;
    this.#next = start;
  }

  /** Everything below has been told. */
  get next(): number {
    return this.#next;
  }

  open(connection: Connection): void {
    if (this.over) return;
    this.#fragments = [];
    const stream = connection.open(
      METHODS.Watch.Watch.path,
      (message) => {
        if (stream === this.#stream) this.#take(WatchResponse.decode(message));
      },
      () => undefined,
    );
    this.#stream = stream;
    const { key, end, ...options } = this.wish;
    const createRequest: Init<WatchCreateRequest> = {
      ...options,
      filters: [...options.filters],
      key: Buffer.from(key),
      rangeEnd: Buffer.from(end),
      startRevision: this.#next,
    };
    stream.send(WatchRequest.encode({ createRequest }));
  }

  askProgress(): void {
    this.#stream?.send(WatchRequest.encode({ progressRequest: {} }));
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  close(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  leave(): void {
    this.close();
    this.over = this.left = true;
  }

  #take(response: WatchResponse): void {
    const revision = response.header?.revision ?? 0;
    if (response.canceled) {
      this.over = true;
      this.told.push({ kind: "compacted", revision: response.compactRevision });
      if (response.compactRevision === 0) this.faults.push(`canceled: ${response.cancelReason}`);
    } else if (response.created) {
      if (this.#next === 0) this.start = this.#next = revision + 1;
    } else if (response.events.length === 0) {
      if (this.#fragments.length > 0) this.faults.push("progress between fragments");
      this.told.push({ kind: "progress", revision });
      this.#next = Math.max(this.#next, revision + 1);
    } else this.#takeEvents(response, revision);
  }

  #takeEvents(response: WatchResponse, revision: number): void {
    if (response.fragment && !this.wish.fragment) this.faults.push("a fragment nobody asked for");
    this.#fragments.push(...response.events);
    if (response.fragment) return;
    for (const event of this.#fragments) this.told.push({ kind: "event", event });
    const last = this.#fragments.at(-1)?.kv?.modRevision ?? 0;
    if (last > revision) this.faults.push(`event of ${last} in a response of ${revision}`);
    this.#fragments = [];
    this.#next = Math.max(this.#next, last + 1);
  }
}

import type { SeededRandom } from "@nodetcd/simulator";
import { EventType } from "@nodetcd/messages";
import { expect } from "vitest";
import type { Store, WatchFilter, WatchResponse, WatchStream } from "../../src/mvcc.ts";
import { hex } from "./memory-backend.ts";
import { eventBytes, Model } from "./model.ts";
import type { World } from "./world.ts";

interface Watched {
  readonly id: bigint;
  readonly key: string;
  readonly end: string | undefined;
  /** As the watcher asked for it; 0 is the next. */
  readonly asked: number;
  readonly start: number;
  readonly filters: readonly WatchFilter[];
  /** Events so far, as text. */
  readonly received: string[];
  lastRevision: number;
  /** May have missed the present, so that a compaction may cancel it. */
  mayFallBehind: boolean;
  cancelled: boolean;
  compacted: boolean;
}

interface Opened {
  readonly stream: WatchStream;
  readonly watched: Map<bigint, Watched>;
  takes: boolean;
}

/** Watchers on a store, each of which is compared with what the model says it must see. */
export class Watching {
  readonly #store: Store;
  readonly #model: Model;
  readonly #random: SeededRandom;
  #streams: Opened[] = [];
  responses = 0;

  constructor(store: Store, model: Model, random: SeededRandom) {
    this.#store = store;
    this.#model = model;
    this.#random = random;
  }

  /** Opens a watcher with a random range, start and filter, on a new or an existing stream. */
  open(keys: readonly string[]): void {
    const random = this.#random;
    const opened =
      this.#streams.length > 0 && random.chance(0.6)
        ? random.pick(this.#streams)
        : this.#openStream();
    const revision = this.#model.revision;
    const starts = [0, 0, 1 + random.below(revision), revision + random.below(5)];
    const start = random.pick([...starts, Math.max(this.#model.compactRevision, 0)]);
    const key = random.pick(keys);
    let end = [undefined, "", "l", "\0", random.pick(keys)][random.below(5)];
    if (end !== undefined && end !== "" && end !== "\0" && end <= key) end = undefined;
    const filters = random.pick<WatchFilter[]>([[], [], [], ["no-put"], ["no-delete"]]);
    const id = opened.stream.watch({
      key: Buffer.from(key),
      end: end === undefined ? undefined : Buffer.from(end),
      startRevision: start,
      filters,
    });
    expect(opened.watched.has(id)).toBe(false);
    opened.watched.set(id, {
      id,
      key,
      end,
      asked: start,
      start: start === 0 ? revision + 1 : start,
      filters,
      received: [],
      lastRevision: 0,
      mayFallBehind: start !== 0 && start <= revision,
      cancelled: false,
      compacted: false,
    });
  }

  #openStream(): Opened {
    const watched = new Map<bigint, Watched>();
    const opened: Opened = {
      stream: this.#store.watches.openStream((response) => this.#receive(opened, response)),
      watched,
      takes: true,
    };
    this.#streams.push(opened);
    return opened;
  }

  #receive(opened: Opened, response: WatchResponse): boolean {
    this.responses++;
    const { watchId, revision, compactRevision, events } = response;
    if (events.length === 0 && compactRevision === 0) {
      for (const one of opened.watched.values()) {
        if (watchId === -1n || one.id === watchId) this.#checkProgress(one, revision);
        if (one.id === watchId) expect(revision).toBeGreaterThanOrEqual(one.lastRevision);
      }
      return opened.takes;
    }
    const one = opened.watched.get(watchId)!;
    expect([one.cancelled, one.compacted]).toEqual([false, false]);
    if (compactRevision !== 0) {
      expect(one.mayFallBehind).toBe(true);
      expect(compactRevision).toBe(this.#store.compactRevision);
      expect(Math.max(one.start, one.lastRevision)).toBeLessThan(compactRevision);
      one.compacted = true;
      return opened.takes;
    }
    for (const event of events) {
      const { modRevision, bytes } = event.keyValue;
      expect(modRevision).toBeGreaterThan(one.lastRevision);
      expect(modRevision).toBeLessThanOrEqual(revision);
      one.received.push(
        `${event.type === EventType.DELETE ? "DELETE" : "PUT"} ${modRevision} ${hex(bytes)}`,
      );
    }
    one.lastRevision = events.at(-1)!.keyValue.modRevision;
    return opened.takes;
  }

  #expected(one: Watched): string[] {
    return this.#model.changes
      .filter((change) => change.main >= one.start && Model.inRange(change.key, one.key, one.end))
      .filter((change) => !one.filters.includes(change.deleted ? "no-delete" : "no-put"))
      .map(
        (change) =>
          `${change.deleted ? "DELETE" : "PUT"} ${change.main} ${hex(eventBytes(change))}`,
      );
  }

  #checkProgress(one: Watched, revision: number): void {
    if (one.cancelled || one.compacted) return;
    expect(revision).toBeLessThanOrEqual(this.#store.revision);
    const due = this.#expected(one).filter((event) => Number(event.split(" ")[1]) <= revision);
    expect(one.received.length).toBeGreaterThanOrEqual(due.length);
  }

  /** Fills or empties a sink, cancels a watcher, closes a stream or asks for progress. */
  disturb(): void {
    if (this.#streams.length === 0) return;
    const opened = this.#random.pick(this.#streams);
    switch (this.#random.below(5)) {
      case 0:
      case 1:
        this.#setTakes(opened, !opened.takes);
        return;
      case 2: {
        const ids = [...opened.watched.keys()];
        if (ids.length === 0) return;
        const one = opened.watched.get(this.#random.pick(ids))!;
        expect(opened.stream.cancel(one.id)).toBe(!one.cancelled && !one.compacted);
        one.cancelled = true;
        return;
      }
      case 3:
        if (this.#random.chance(0.5)) opened.stream.requestProgressOfAll();
        else opened.stream.requestProgress(BigInt(this.#random.below(3)));
        return;
      default:
        if (this.#random.chance(0.7)) return;
        opened.stream.close();
        for (const one of opened.watched.values()) one.cancelled = true;
        this.#streams = this.#streams.filter((other) => other !== opened);
    }
  }

  #setTakes(opened: Opened, takes: boolean): void {
    opened.takes = takes;
    for (const one of opened.watched.values()) one.mayFallBehind = true;
    if (takes) opened.stream.resume();
  }

  /** What came is the beginning of what has to come, in order, once. */
  check(): void {
    for (const { watched } of this.#streams) {
      for (const one of watched.values()) {
        const expected = this.#expected(one).slice(0, one.received.length);
        if (expected.join() !== one.received.join()) expect(one.received).toEqual(expected);
      }
    }
  }

  /** Opens all sinks, waits, and checks that nothing is missing. */
  async quiesce(world: World): Promise<void> {
    for (const opened of this.#streams) this.#setTakes(opened, true);
    for (let i = 0; i === 0 || (i < 100 && this.#store.stats.slowWatchers > 0); i++) {
      await world.advance(500);
    }
    for (const { stream, watched } of this.#streams) {
      for (const one of watched.values()) {
        if (one.cancelled || one.compacted) continue;
        expect(one.received).toEqual(this.#expected(one));
        expect(stream.requestProgress(one.id)).toBe(one.asked <= this.#store.revision);
      }
    }
    expect(this.#store.stats.slowWatchers).toBe(0);
  }

  endAll(): void {
    this.#streams = [];
  }
}

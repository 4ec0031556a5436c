import { type Clock, type Logger, type Random, sleep } from "@nodetcd/runtime";
import {
  EVENT_ATTEMPTS,
  EVENT_RETRY_MS,
  EVENT_TTL_SECONDS,
  EVENTS_AT_ONCE,
  EVENTS_REMEMBERED,
  EVENTS_WAITING_MAX,
} from "../limits.ts";
import type { Event } from "../objects/core.ts";
import { type KubeObject, timeText } from "../objects/meta.ts";
import { EVENTS } from "../objects/resources.ts";
import { ifThere } from "./if-there.ts";
import type { Store } from "./informer.ts";
import type { PlannedEvent } from "./planned-event.ts";

export interface EventRecorderOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Who tells: `job-controller`. */
  readonly component: string;
  readonly host?: string;
}

interface Waiting {
  readonly object: KubeObject;
  readonly planned: PlannedEvent;
  /** RFC 3339. */
  readonly time: string;
  readonly namespace: string;
}

/**
 * Writes events about objects beside the work that they tell of, several in one transaction. The same one again raises
 * the count of the first. Never fails: what cannot be written is logged, and of what waits too long the oldest goes.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** Names of events by what they say. */
  readonly #known = new Map<string, string>();
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(object: KubeObject, events: readonly PlannedEvent[]): void {
    const time = timeText(this.#options.clock.wallTime());
    const namespace = object.metadata.namespace || "default";
    for (const planned of events) this.#waiting.push({ object, planned, time, namespace });
    const over = this.#waiting.length - EVENTS_WAITING_MAX;
    if (over > 0) {
      this.#waiting.splice(0, over);
      this.#options.logger.warn("events are dropped, etcd is slow", { events: over });
    }
    if (this.#waiting.length > 0) this.#writing ??= this.#write();
  }

  get idle(): boolean {
    return this.#writing === undefined;
  }

  /** Resolves when all that was recorded is written, or could not be. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#try(this.#waiting.splice(0, EVENTS_AT_ONCE));
    }
    this.#writing = undefined;
  }

  /** An etcd that is slow for a moment loses no events: they are written again. */
  async #try(batch: readonly Waiting[]): Promise<void> {
    const { logger, clock } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#writeBatch(batch);
      } catch (error) {
        if (attempt < EVENT_ATTEMPTS) {
          await sleep(clock, EVENT_RETRY_MS);
          continue;
        }
        const reasons = [...new Set(batch.map(({ planned }) => planned.reason))].join();
        return logger.warn("events could not be written", { reasons, error: String(error) });
      }
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const { store } = this.#options;
    const fresh = new Map<string, Event>();
    for (const waiting of batch) {
      const same = sameOf(waiting);
      const first = fresh.get(same);
      if (first !== undefined) Object.assign(first, repeated(first, waiting));
      else if (!(await this.#repeat(same, waiting))) fresh.set(same, this.#newEvent(waiting));
    }
    if (fresh.size === 0) return;
    await store.createAll(EVENTS, [...fresh.values()], { ttlSeconds: EVENT_TTL_SECONDS });
    for (const [same, { metadata }] of fresh) this.#remember(same, metadata.name);
  }

  /** False when there is none yet, or no more. */
  async #repeat(same: string, waiting: Waiting): Promise<boolean> {
    const { store } = this.#options;
    const name = this.#known.get(same);
    if (name === undefined) return false;
    const change = (event: Event): Event => repeated(event, waiting);
    const found = await ifThere(store.modify(EVENTS, waiting.namespace, name, change));
    return found !== undefined;
  }

  #remember(same: string, name: string): void {
    if (this.#known.size >= EVENTS_REMEMBERED) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(same, name);
  }

  #newEvent({ object, planned, time, namespace }: Waiting): Event {
    const { apiVersion, kind, metadata } = object;
    const { component, host, random } = this.#options;
    const { name, uid = "", resourceVersion } = metadata;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${random.uint64().toString(16).padStart(16, "0")}`, namespace },
      involvedObject: {
        apiVersion,
        kind,
        name,
        uid,
        ...(metadata.namespace === undefined ? {} : { namespace }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      ...planned,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      eventTime: null,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }
}

function sameOf({ object, planned }: Waiting): string {
  return `${object.metadata.uid}/${planned.type}/${planned.reason}/${planned.message}`;
}

function repeated(event: Event, { time }: Waiting): Event {
  return { ...event, count: (event.count ?? 1) + 1, lastTimestamp: time };
}

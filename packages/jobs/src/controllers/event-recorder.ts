import type { Clock, Logger, Random } from "@nodetcd/runtime";
import { EVENT_TTL_SECONDS, EVENTS_REMEMBERED } from "../limits.ts";
import type { Event } from "../objects/core.ts";
import { type KubeObject, timeText } from "../objects/meta.ts";
import { EVENTS } from "../objects/resources.ts";
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

/** Writes events about objects. The same one again raises the count of the first. Never fails. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** Names of events by what they say. */
  readonly #known = new Map<string, string>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  async record(object: KubeObject, events: readonly PlannedEvent[]): Promise<void> {
    for (const event of events) {
      try {
        await this.#record(object, event);
      } catch (error) {
        const { logger } = this.#options;
        logger.warn("event could not be written", { reason: event.reason, error: String(error) });
      }
    }
  }

  async #record(object: KubeObject, { type, reason, message }: PlannedEvent): Promise<void> {
    const { store, clock } = this.#options;
    const namespace = object.metadata.namespace || "default";
    const same = `${object.metadata.uid}/${type}/${reason}/${message}`;
    const known = this.#known.get(same);
    const now = timeText(clock.wallTime());
    if (known !== undefined && (await store.find(EVENTS, namespace, known)) !== undefined) {
      await store.modify(EVENTS, namespace, known, (event) => ({
        ...event,
        count: (event.count ?? 1) + 1,
        lastTimestamp: now,
      }));
      return;
    }
    const event = this.#newEvent(object, { type, reason, message }, namespace, now);
    const { metadata } = await store.create(EVENTS, event, { ttlSeconds: EVENT_TTL_SECONDS });
    this.#remember(same, metadata.name);
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

  #newEvent(
    { apiVersion, kind, metadata }: KubeObject,
    planned: PlannedEvent,
    namespace: string,
    now: string,
  ): Event {
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
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }
}

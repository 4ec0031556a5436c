import { EventType } from "@nodetcd/messages";
import type { StoredEvent } from "../change.ts";
import type { Cohort } from "./cohort.ts";
import type { WatchStream } from "./stream.ts";

/**
 * - `synced`: has been given every event so far; `notify` gives it the next ones
 * - `behind`: catching up from the backend
 * - `stopped`: missed an event because its sink was full; waits for `resume`
 * - `gone`: cancelled
 */
export type WatcherState = "synced" | "behind" | "stopped" | "gone";

/** One watch of one stream. */
export interface Watcher {
  readonly id: number;
  readonly stream: WatchStream;
  /** The key, or where the range begins, one character a byte. */
  readonly key: string;
  readonly single: boolean;
  /** Of a range; undefined is the end of the key space. */
  readonly end: string | undefined;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
  readonly startRevision: number;
  /**
   * Events below are not for this watcher: before its start, or given already. While synced it only
   * rises with events; what is not reached by then was not for it.
   */
  minRevision: number;
  state: WatcherState;
  /** While it is behind: with whom it reads history. */
  cohort: Cohort | undefined;
  /** Events of the response that is being put together. */
  pending: StoredEvent[] | undefined;
}

/** Adds an event to the next response of a watcher whose range it is in; false when it is not for it. */
export function addPending(
  watcher: Watcher,
  event: StoredEvent,
  revision: number,
  touched: Watcher[],
): boolean {
  if (revision < watcher.minRevision) return false;
  if (event.type === EventType.PUT ? !watcher.wantsPuts : !watcher.wantsDeletes) return false;
  if (watcher.pending === undefined) {
    watcher.pending = [event];
    touched.push(watcher);
  } else {
    watcher.pending.push(event);
  }
  return true;
}

/** Takes the events put together so far. */
export function takePending(watcher: Watcher): StoredEvent[] {
  const events = watcher.pending ?? [];
  watcher.pending = undefined;
  return events;
}

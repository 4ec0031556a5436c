import { varintSize } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import { writeKeyField, writeModRevisionField } from "../encode.ts";
import {
  CATCH_UP_BYTES,
  CATCH_UP_EVENTS,
  CATCH_UP_EVENTS_EACH,
  CATCH_UP_REVISIONS,
  SLICE_CHECK_RECORDS,
  SLICE_MS,
} from "../limits.ts";
import { isTombstoneKey, mainOf, revisionBound } from "../revision.ts";
import type { StoreState } from "../store-state.ts";
import { keyText, parseStored, recordKey, StoredKeyValue } from "../stored-key-value.ts";
import type { StoredEvent } from "../change.ts";
import { takeView, type ValueCache } from "../value-cache.ts";
import type { Cohort } from "./cohort.ts";
import { addPending, takePending, type Watcher } from "./watcher.ts";

/** Where watchers go that need not catch up any more. */
export interface CatchUpMoves {
  synced(watcher: Watcher): void;
  stopped(watcher: Watcher): void;
}

/**
 * Reads a window of history, from where the cohort is, and gives its watchers what that holds for them, when it
 * has been read whole: a window that ends with a revision of very many changes takes several calls.
 *
 * @param memory for the events; not the store's, whose cache is for what is read often
 * @returns true when the cohort has met the present: its watchers are synced, and it is not needed any more
 */
export function catchUp(
  state: StoreState,
  memory: ValueCache,
  cohort: Cohort,
  moves: CatchUpMoves,
): boolean {
  if (cohort.position < state.compactRevision) cancelCompacted(state, cohort);
  const readTo = readWindow(state, memory, cohort);
  if (readTo === undefined) return false;
  const { touched } = cohort;
  cohort.touched = [];
  cohort.position = readTo + 1;
  for (const watcher of touched) deliver(state, watcher, takePending(watcher), readTo, moves);
  if (readTo < state.revision) return false;
  for (const watcher of cohort.group.watchers) {
    watcher.cohort = undefined;
    watcher.minRevision = Math.max(watcher.minRevision, cohort.position);
    moves.synced(watcher);
  }
  return true;
}

/**
 * Tells the watchers whose next revision is gone, and forgets them; the others begin after what is gone. What they
 * have of a revision that is read in part stays theirs: it is not below the compaction.
 */
function cancelCompacted(state: StoreState, cohort: Cohort): void {
  const { revision, compactRevision } = state;
  for (const watcher of cohort.group.watchers) {
    if (watcher.minRevision >= compactRevision) continue;
    const { id: watchId, stream } = watcher;
    stream.forget(watcher);
    stream.send({ watchId, revision, compactRevision, events: [] });
  }
  cohort.position = compactRevision;
}

/**
 * Collects the events from where the cohort is, until a bound of the pass or the present is reached, but
 * always whole revisions.
 *
 * @returns the last revision that was read in full; undefined when time was over in the middle of one
 */
function readWindow(state: StoreState, memory: ValueCache, cohort: Cohort): number | undefined {
  const { group, position, resumeAt, touched } = cohort;
  const deadline = state.clock.monotonic() + SLICE_MS;
  let readTo: number | undefined = Math.max(state.revision, position - 1);
  let current = resumeAt === undefined ? 0 : mainOf(resumeAt);
  let records = 0;
  let nextLook = SLICE_CHECK_RECORDS;
  let withEvents = 0;
  let events = 0;
  let bytes = 0;
  const eventsMax = Math.max(CATCH_UP_EVENTS, CATCH_UP_EVENTS_EACH * group.size);
  const isTimeOver = (): boolean => {
    if (records < nextLook) return false;
    nextLook = records + SLICE_CHECK_RECORDS;
    return state.clock.monotonic() >= deadline;
  };
  /** Asked between two revisions. */
  const enough = (): boolean =>
    withEvents >= CATCH_UP_REVISIONS ||
    events >= eventsMax ||
    bytes >= CATCH_UP_BYTES ||
    isTimeOver();
  cohort.resumeAt = undefined;
  const start = resumeAt ?? revisionBound(Math.max(position, 0));
  const end = revisionBound(state.revision + 1);
  state.backend.range("key", start, end, 0, (key, value) => {
    const main = mainOf(key);
    if (main !== current && enough()) {
      readTo = current;
      return false;
    }
    if (main === current && isTimeOver()) {
      readTo = undefined;
      cohort.resumeAt = new Uint8Array(key);
      return false;
    }
    const before = events;
    records++;
    const text = keyText(recordKey(value));
    if (group.has(text)) {
      const event = toEvent(memory, key, value);
      group.visit(text, (watcher) => {
        if (addPending(watcher, event, main, touched)) events++;
      });
      bytes += event.keyValue.bytes.length * (events - before);
    }
    if (main !== current && events > before) withEvents++;
    current = main;
    return true;
  });
  return readTo;
}

/** The event of a borrowed record, with bytes of its own. */
function toEvent(memory: ValueCache, key: Uint8Array, value: Uint8Array): StoredEvent {
  if (!isTombstoneKey(key)) {
    return { type: EventType.PUT, keyValue: parseStored(memory.copy(value).bytes) };
  }
  const keyValue = deletedKeyValue(memory, recordKey(value), mainOf(key));
  return { type: EventType.DELETE, keyValue };
}

function deletedKeyValue(memory: ValueCache, key: Uint8Array, main: number): StoredKeyValue {
  const size = 1 + varintSize(key.length) + key.length + 1 + varintSize(main);
  const slab = memory.reserve(size);
  writeModRevisionField(slab.memory, writeKeyField(slab.memory, slab.used, key), main);
  return new StoredKeyValue(takeView(slab, size), 0, main, 0, 0n);
}

function deliver(
  state: StoreState,
  watcher: Watcher,
  events: StoredEvent[],
  readTo: number,
  moves: CatchUpMoves,
): void {
  if (watcher.state !== "behind") return;
  if (watcher.stream.full) {
    watcher.minRevision = events[0]!.keyValue.modRevision;
    moves.stopped(watcher);
    return;
  }
  state.stats.events += events.length;
  watcher.minRevision = readTo + 1;
  watcher.stream.send({ watchId: watcher.id, revision: readTo, compactRevision: 0, events });
}

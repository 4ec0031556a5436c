import { assert, compareBytes, varintSize } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import { Slice } from "@nodetcd/runtime";
import type { StoredEvent } from "../change.ts";
import { writeKeyField, writeModRevisionField } from "../encode.ts";
import {
  CATCH_UP_BYTES,
  CATCH_UP_EVENTS,
  CATCH_UP_EVENTS_EACH,
  CATCH_UP_REVISIONS,
  EVENT_OVERHEAD_BYTES,
  SLICE_CHECK_RECORDS,
  SLICE_MS,
} from "../limits.ts";
import { isTombstoneKey, mainOf, revisionBound } from "../revision.ts";
import type { StoreState } from "../store-state.ts";
import { keyText, parseStored, recordKey, StoredKeyValue } from "../stored-key-value.ts";
import { takeView, type ValueCache } from "../value-cache.ts";
import type { CatchUpGroup, CatchUpWindow } from "./catch-up-group.ts";
import type { Watcher } from "./watcher.ts";
import type { WatcherGroup } from "./watcher-group.ts";

/** Where watchers go that need not catch up any more. */
export interface CatchUpMoves {
  synced(watcher: Watcher): void;
  blocked(watcher: Watcher): void;
}

/**
 * Reads for as long as a slice a window of history, from where the group is; when it has been read whole, its
 * watchers are given what it holds for them.
 *
 * @param memory for the events; not the store's, whose cache is for what is read often
 * @returns true when the group has met the present: its watchers are synced, and it is not needed any more
 */
export function catchUp(
  state: StoreState,
  memory: ValueCache,
  group: CatchUpGroup,
  moves: CatchUpMoves,
): boolean {
  if (group.position < state.compactRevision) cancelCompacted(state, group);
  const window = group.window ?? newWindow(group.position);
  const readTo = readWindow(state, memory, group, window);
  group.window = readTo === undefined ? window : undefined;
  if (readTo === undefined) return false;
  assert(readTo >= group.position - 1 && readTo <= state.revision, "catchUp: read out of bounds");
  group.position = readTo + 1;
  for (const watcher of window.touched) deliver(state, watcher, readTo, moves);
  if (readTo < state.revision) return false;
  for (const watcher of group.members.watchers) {
    watcher.passTo(group.position);
    moves.synced(watcher);
  }
  return true;
}

function newWindow(position: number): CatchUpWindow {
  const resumeAt = revisionBound(Math.max(position, 0));
  return { resumeAt, revision: 0, counted: 0, revisions: 0, events: 0, bytes: 0, touched: [] };
}

/**
 * Cancels the watchers whose next revision is gone; the others begin after what is gone, and keep what they have
 * of the window: it is not below the compaction.
 */
function cancelCompacted(state: StoreState, group: CatchUpGroup): void {
  const { revision, compactRevision } = state;
  for (const watcher of group.members.watchers) {
    if (watcher.nextRevision < compactRevision) watcher.cancelCompacted(revision, compactRevision);
  }
  group.position = compactRevision;
  const first = revisionBound(compactRevision);
  const { window } = group;
  if (window !== undefined && compareBytes(window.resumeAt, first) < 0) window.resumeAt = first;
}

/**
 * Collects events until a bound of the window or the present is reached, but always whole revisions.
 *
 * @returns the last revision that was read in full; undefined when time was over first
 */
function readWindow(
  state: StoreState,
  memory: ValueCache,
  { members, position }: CatchUpGroup,
  window: CatchUpWindow,
): number | undefined {
  const slice = new Slice(state.clock, SLICE_MS, SLICE_CHECK_RECORDS);
  const eventsMax = Math.max(CATCH_UP_EVENTS, CATCH_UP_EVENTS_EACH * members.size);
  let readTo: number | undefined = Math.max(state.revision, position - 1);
  const end = revisionBound(state.revision + 1);
  state.backend.range("key", window.resumeAt, end, 0, (key, value) => {
    const revision = mainOf(key);
    const isNext = revision !== window.revision;
    if (isNext && isFull(window, eventsMax, value.length)) {
      readTo = Math.max(window.revision, position - 1);
      return false;
    }
    if (slice.isOver()) {
      // Where nothing is pending the window may as well end: others can join then.
      readTo = isNext && window.events === 0 ? revision - 1 : undefined;
      window.resumeAt = new Uint8Array(key);
      return false;
    }
    const added = collect(memory, members, window.touched, key, value);
    if (added > 0) {
      window.events += added;
      window.bytes += added * (value.length + EVENT_OVERHEAD_BYTES);
      if (window.counted !== revision) window.revisions++;
      window.counted = revision;
    }
    window.revision = revision;
    return true;
  });
  return readTo;
}

/** Asked between two revisions: no more fits, or not what comes next. */
function isFull(window: CatchUpWindow, eventsMax: number, nextBytes: number): boolean {
  const { revisions, events, bytes } = window;
  if (events === 0) return false;
  return (
    revisions >= CATCH_UP_REVISIONS ||
    events >= eventsMax ||
    bytes + nextBytes + EVENT_OVERHEAD_BYTES > CATCH_UP_BYTES
  );
}

/** Gives the event of a borrowed record to those that it is for; returns how many they are. */
function collect(
  memory: ValueCache,
  members: WatcherGroup,
  touched: Watcher[],
  key: Uint8Array,
  value: Uint8Array,
): number {
  const text = keyText(recordKey(value));
  if (!members.has(text)) return 0;
  const revision = mainOf(key);
  const event = toEvent(memory, key, value);
  let count = 0;
  members.visit(text, (watcher) => {
    if (watcher.offer(event, revision, touched)) count++;
  });
  return count;
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

function deliver(state: StoreState, watcher: Watcher, readTo: number, moves: CatchUpMoves): void {
  if (watcher.state.kind !== "unsynced" || watcher.pendingEvents === 0) return;
  if (watcher.outlet.full) return moves.blocked(watcher);
  state.stats.events += watcher.deliver(readTo, state.revision);
}

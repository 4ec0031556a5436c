import { varintSize } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import { writeKeyField, writeModRevisionField } from "../encode.ts";
import {
  CATCH_UP_BYTES,
  CATCH_UP_REVISIONS,
  CATCH_UP_WATCHERS,
  SLICE_CHECK_RECORDS,
  SLICE_MS,
} from "../limits.ts";
import { isTombstoneKey, mainOf, revisionBound } from "../revision.ts";
import type { StoreState } from "../store-state.ts";
import { keyText, parseStored, recordKey, StoredKeyValue } from "../stored-key-value.ts";
import type { StoredEvent } from "../txn.ts";
import { takeView } from "../value-cache.ts";
import { WatcherGroup } from "./synced-group.ts";
import { addPending, takePending, type Watcher } from "./watcher.ts";

/** Where watchers go that need not catch up any more. */
export interface CatchUpMoves {
  synced(watcher: Watcher): void;
  stopped(watcher: Watcher): void;
}

/**
 * One pass for watchers that are behind: reads a window of history that begins where the one that
 * waits longest is, and gives all chosen watchers what the window holds for them. Those that are
 * not done then wait again, last in the queue, so that all get on however far apart they are.
 *
 * @param behind watchers in the order of waiting; changed
 */
export function catchUp(state: StoreState, behind: Set<Watcher>, moves: CatchUpMoves): void {
  const chosen = choose(state, behind, moves);
  const head = chosen[0];
  if (head === undefined) return;
  const from = Math.max(head.minRevision, 0);
  const group = new WatcherGroup();
  for (const watcher of chosen) if (watcher.minRevision >= from) group.add(watcher);

  const touched: Watcher[] = [];
  const readTo = readWindow(state, group, from, touched);
  for (const watcher of touched) deliver(state, watcher, takePending(watcher), readTo, moves);
  for (const watcher of group.watchers) settle(state, behind, watcher, readTo, moves);
}

/** The first watchers in the queue that can be served; sends away those that cannot. */
function choose(state: StoreState, behind: Set<Watcher>, moves: CatchUpMoves): Watcher[] {
  const chosen: Watcher[] = [];
  let looked = 0;
  for (const watcher of behind) {
    if (looked++ >= CATCH_UP_WATCHERS) break;
    if (watcher.stream.full) moves.stopped(watcher);
    else if (watcher.minRevision < state.compactRevision) cancelCompacted(state, watcher);
    else if (watcher.minRevision > state.revision) moves.synced(watcher);
    else chosen.push(watcher);
  }
  return chosen;
}

/** Tells a watcher that its next revision is gone, and forgets it. */
function cancelCompacted(state: StoreState, watcher: Watcher): void {
  const { stream } = watcher;
  stream.forget(watcher);
  stream.send({
    watchId: watcher.id,
    revision: state.revision,
    compactRevision: state.compactRevision,
    events: [],
  });
}

/**
 * Collects the events from revision `from` on, until a bound of the pass or the present is reached,
 * but always whole revisions.
 *
 * @returns the last revision that was read in full
 */
function readWindow(
  state: StoreState,
  group: WatcherGroup,
  from: number,
  touched: Watcher[],
): number {
  const deadline = state.clock.monotonic() + SLICE_MS;
  let current = 0;
  let revisions = 0;
  let records = 0;
  let bytes = 0;
  let readTo = state.revision;
  const end = revisionBound(state.revision + 1);
  state.backend.range("key", revisionBound(from), end, 0, (key, value) => {
    const main = mainOf(key);
    if (main !== current) {
      const overTime = records >= SLICE_CHECK_RECORDS && state.clock.monotonic() >= deadline;
      if (revisions >= CATCH_UP_REVISIONS || bytes >= CATCH_UP_BYTES || overTime) {
        readTo = current;
        return false;
      }
      current = main;
      revisions++;
    }
    records++;
    const text = keyText(recordKey(value));
    if (!group.has(text)) return true;
    const event = toEvent(state, key, value);
    bytes += event.keyValue.bytes.length;
    group.visit(text, (watcher) => addPending(watcher, event, main, touched));
    return true;
  });
  return readTo;
}

/** The event of a borrowed record, with bytes of its own. */
function toEvent(state: StoreState, key: Uint8Array, value: Uint8Array): StoredEvent {
  const main = mainOf(key);
  if (isTombstoneKey(key)) {
    return { type: EventType.DELETE, keyValue: deletedKeyValue(state, recordKey(value), main) };
  }
  const newest = state.index.get(recordKey(value))?.stored;
  if (newest?.modRevision === main && newest.bytes.length === value.length) {
    return { type: EventType.PUT, keyValue: newest };
  }
  return { type: EventType.PUT, keyValue: parseStored(state.values.copy(value).bytes) };
}

function deletedKeyValue(state: StoreState, key: Uint8Array, main: number): StoredKeyValue {
  const size = 1 + varintSize(key.length) + key.length + 1 + varintSize(main);
  const slab = state.values.reserve(size);
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

/** After the pass: whoever was not stopped has seen everything up to `readTo`. */
function settle(
  state: StoreState,
  behind: Set<Watcher>,
  watcher: Watcher,
  readTo: number,
  moves: CatchUpMoves,
): void {
  if (watcher.state !== "behind") return;
  watcher.minRevision = Math.max(watcher.minRevision, readTo + 1);
  if (watcher.minRevision > state.revision) {
    moves.synced(watcher);
    return;
  }
  behind.delete(watcher);
  behind.add(watcher);
}

import { Slab, WireWriter } from "@nodetcd/bytes";
import { EventType, type Init, WatchResponse as WatchResponseMessage } from "@nodetcd/messages";
import type { Store, StoredEvent, StoredKeyValue, WatchResponse } from "@nodetcd/mvcc";
import type { ResponseHeaders } from "../wire/response-header.ts";

const Tag = {
  watchId: 2 << 3,
  created: 3 << 3,
  canceled: 4 << 3,
  compactRevision: 5 << 3,
  cancelReason: (6 << 3) | 2,
  fragment: 7 << 3,
  events: (11 << 3) | 2,
  eventType: 1 << 3,
  eventKv: (2 << 3) | 2,
  eventPrevKv: (3 << 3) | 2,
} as const;

/** Bytes of a message besides header, id and events, at most. */
const FRAGMENT_OVERHEAD = 16;

const writer = new WireWriter(64 * 1024);
const slab = new Slab();

/** A response without events: a watch was created, cancelled or refused. */
export type WatchControl = Pick<
  Init<WatchResponseMessage>,
  "watchId" | "created" | "canceled" | "compactRevision" | "cancelReason"
>;

/** Owned by the caller. */
export function encodeControl(
  headers: ResponseHeaders,
  revision: number,
  control: WatchControl,
): Uint8Array {
  writer.reset();
  headers.write(writer, revision);
  writer.raw(encodeWatchId(control.watchId ?? 0n));
  if (control.created) flag(writer, Tag.created);
  if (control.canceled) flag(writer, Tag.canceled);
  if (control.compactRevision) {
    writer.uint32(Tag.compactRevision);
    writer.counter(control.compactRevision);
  }
  if (control.cancelReason) {
    writer.uint32(Tag.cancelReason);
    writer.string(control.cancelReason);
  }
  return slab.finish(writer);
}

/** The field of a response that says whose it is; owned by the caller. */
export function encodeWatchId(watchId: bigint): Uint8Array {
  return WatchResponseMessage.encode({ watchId });
}

function flag(writer: WireWriter, tag: number): void {
  writer.uint32(tag);
  writer.bool(true);
}

export interface EventsOptions {
  /** As `encodeWatchId` has made it. */
  readonly watchId: Uint8Array;
  /** Where the pairs before each change are looked up, if they are wanted. */
  readonly previousFrom: Store | undefined;
  /** Size from which on the events are spread over several messages; one event is never split. */
  readonly maxBytes: number;
  /**
   * True: a message may end between any two events, and says that it is a fragment. False: it ends between two
   * revisions only, as a response by itself; a revision that is too large stays whole.
   */
  readonly fragments: boolean;
}

/** The messages of a response with events, or of progress without; owned by the caller. */
export function encodeEvents(
  headers: ResponseHeaders,
  response: WatchResponse,
  options: EventsOptions,
): Uint8Array[] {
  const encoder = new EventsEncoder(headers, response, options, writer);
  encoder.step(Infinity);
  return encoder.messages;
}

/** Makes the messages of a response with events, a part of very many of them at a time. */
export class EventsEncoder {
  /** Complete when `step` has answered true; owned by the caller. */
  readonly messages: Uint8Array[] = [];
  readonly #headers: ResponseHeaders;
  readonly #response: WatchResponse;
  readonly #options: EventsOptions;
  readonly #writer: WireWriter;
  /** Bytes of the message that is being written before its events. */
  #head = 0;
  #next = 0;
  /** Where a message may end: before the event `#cutAt`, which begins at byte `#cutLength` of it. */
  #cutAt = 0;
  #cutLength = 0;

  /** @param into must not be used by others until `step` has answered true */
  constructor(
    headers: ResponseHeaders,
    response: WatchResponse,
    options: EventsOptions,
    into: WireWriter = new WireWriter(64 * 1024),
  ) {
    this.#headers = headers;
    this.#response = response;
    this.#options = options;
    this.#writer = into;
    into.reset();
    this.#begin();
  }

  #begin(): void {
    this.#headers.write(this.#writer, this.#response.revision);
    this.#writer.raw(this.#options.watchId);
    this.#head = this.#writer.length;
  }

  /** Encodes up to `count` more events; true when that was all. */
  step(count: number): boolean {
    const { events } = this.#response;
    for (let left = count; this.#next < events.length; left--) {
      if (left === 0) return false;
      this.#add(events);
    }
    this.messages.push(slab.finish(this.#writer));
    return true;
  }

  /** Writes the next event; where it does not fit, goes back to where the message may end, and ends it. */
  #add(events: readonly StoredEvent[]): void {
    const { previousFrom, maxBytes, fragments } = this.#options;
    const writer = this.#writer;
    const event = events[this.#next]!;
    if (fragments || event.keyValue.modRevision !== events[this.#next - 1]?.keyValue.modRevision) {
      this.#cutAt = this.#next;
      this.#cutLength = writer.length;
    }
    writeEvent(writer, event, previousFrom);
    this.#next++;
    if (writer.length + FRAGMENT_OVERHEAD < maxBytes || this.#cutLength === this.#head) return;
    writer.truncate(this.#cutLength);
    if (fragments) flag(writer, Tag.fragment);
    this.messages.push(slab.finish(writer));
    this.#begin();
    this.#next = this.#cutAt;
    this.#cutLength = this.#head;
  }
}

function writeEvent(writer: WireWriter, event: StoredEvent, previousFrom: Store | undefined): void {
  writer.uint32(Tag.events);
  const mark = writer.beginDelimited();
  if (event.type !== EventType.PUT) {
    writer.uint32(Tag.eventType);
    writer.uint32(event.type);
  }
  writer.uint32(Tag.eventKv);
  writer.delimited(event.keyValue.bytes);
  const previous = previousFrom && previousOf(previousFrom, event);
  if (previous !== undefined) {
    writer.uint32(Tag.eventPrevKv);
    writer.delimited(previous.bytes);
  }
  writer.endDelimited(mark);
}

/** What was looked up last: an event mostly goes to many watchers, one after the other. */
let looked: { store: Store; event: StoredEvent; previous: StoredKeyValue | undefined } | undefined;

/** The pair that an event replaced or deleted; none when it is compacted or there was none. */
function previousOf(store: Store, event: StoredEvent): StoredKeyValue | undefined {
  if (looked?.event !== event || looked.store !== store) {
    looked = { store, event, previous: findPrevious(store, event) };
  }
  return looked.previous;
}

function findPrevious(store: Store, { type, keyValue }: StoredEvent): StoredKeyValue | undefined {
  const created = type === EventType.PUT && keyValue.createRevision === keyValue.modRevision;
  const revision = keyValue.modRevision - 1;
  if (created || revision < Math.max(1, store.compactRevision)) return undefined;
  return store.range(keyValue.key, undefined, { revision }).keyValues[0];
}

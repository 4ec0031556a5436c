import { WireWriter } from "@nodetcd/bytes";
import {
  EventType,
  type Init,
  type WatchResponse as WatchResponseMessage,
} from "@nodetcd/messages";
import type { Store, StoredEvent, StoredKeyValue, WatchResponse } from "@nodetcd/mvcc";
import type { ResponseHeaders } from "./response-header.ts";

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

const writer = new WireWriter(64 * 1024);

/** A response without events: a watch was created, cancelled or refused. */
export type WatchControl = Pick<
  Init<WatchResponseMessage>,
  "created" | "canceled" | "compactRevision" | "cancelReason"
> & { readonly watchId: number };

/** Owned by the caller. */
export function encodeControl(
  headers: ResponseHeaders,
  revision: number,
  control: WatchControl,
): Uint8Array {
  writer.reset();
  headers.write(writer, revision);
  writeId(control.watchId);
  if (control.created) flag(Tag.created);
  if (control.canceled) flag(Tag.canceled);
  if (control.compactRevision) {
    writer.uint32(Tag.compactRevision);
    writer.counter(control.compactRevision);
  }
  if (control.cancelReason) {
    writer.uint32(Tag.cancelReason);
    writer.string(control.cancelReason);
  }
  return writer.finish();
}

function writeId(watchId: number): void {
  if (watchId === 0) return;
  writer.uint32(Tag.watchId);
  writer.counter(watchId);
}

function flag(tag: number): void {
  writer.uint32(tag);
  writer.bool(true);
}

export interface EventsOptions {
  /** Where the pairs before each change are looked up, if they are wanted. */
  readonly previousFrom: Store | undefined;
  /** Size of a message from which the events are spread over several; one event is never split. */
  readonly maxBytes: number;
}

/** The messages of a response with events, or of progress without; owned by the caller. */
export function encodeEvents(
  headers: ResponseHeaders,
  response: WatchResponse,
  options: EventsOptions,
): Uint8Array[] {
  const { previousFrom, maxBytes } = options;
  if (maxBytes === Infinity || response.events.length < 2) {
    begin(headers, response, false);
    for (const event of response.events) writeEvent(event, previousFrom);
    return [writer.finish()];
  }
  return fragments(
    headers,
    response,
    response.events.map((event) => encodeEvent(event, previousFrom)),
    maxBytes,
  );
}

function begin(headers: ResponseHeaders, response: WatchResponse, more: boolean): void {
  writer.reset();
  headers.write(writer, response.revision);
  writeId(response.watchId);
  if (more) flag(Tag.fragment);
}

function fragments(
  headers: ResponseHeaders,
  response: WatchResponse,
  events: readonly Uint8Array[],
  maxBytes: number,
): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const overhead = headers.size(response.revision) + 16;
  for (let next = 0; next < events.length;) {
    const first = next;
    let bytes = overhead;
    for (; next < events.length; next++) {
      bytes += events[next]!.length;
      if (next > first && bytes >= maxBytes) break;
    }
    begin(headers, response, next < events.length);
    for (const event of events.slice(first, next)) writer.raw(event);
    messages.push(writer.finish());
  }
  return messages;
}

function encodeEvent(event: StoredEvent, previousFrom: Store | undefined): Uint8Array {
  writer.reset();
  writeEvent(event, previousFrom);
  return writer.finish();
}

function writeEvent(event: StoredEvent, previousFrom: Store | undefined): void {
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

/** The pair that an event replaced or deleted; none when it is compacted or there was none. */
function previousOf(store: Store, { type, keyValue }: StoredEvent): StoredKeyValue | undefined {
  const created = type === EventType.PUT && keyValue.createRevision === keyValue.modRevision;
  const revision = keyValue.modRevision - 1;
  if (created || revision < Math.max(1, store.compactRevision)) return undefined;
  return store.range(keyValue.key, undefined, { revision }).keyValues[0];
}

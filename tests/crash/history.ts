/** The server's own account of what happened: its watch history and what it holds now. */
import {
  EventType,
  type KeyValue,
  METHODS,
  RangeRequest,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import { Connection } from "../rpc.ts";
import type { Change } from "./record.ts";

const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
const HISTORY_TIMEOUT_MS = 60_000;

export type History = Map<number, Change[]>;

export interface Held {
  readonly revision: number;
  readonly keyValues: readonly KeyValue[];
}

export async function readHeld(connection: Connection): Promise<Held> {
  const reply = await connection.call(
    METHODS.KV.Range,
    RangeRequest.decode(RangeRequest.encode(ALL)),
    30_000,
  );
  return { revision: reply.header?.revision ?? 0, keyValues: reply.kvs };
}

/** Every change from `from` to `to`, as a watch tells it. Fails when the watch is canceled or stalls. */
export function readHistory(connection: Connection, from: number, to: number): Promise<History> {
  const history: History = new Map();
  if (from > to) return Promise.resolve(history);
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`watch from ${from} to ${to}, at ${lastOf(history)}: ${why}`));
    };
    const timer = setTimeout(
      () => fail(`no end after ${HISTORY_TIMEOUT_MS} ms`),
      HISTORY_TIMEOUT_MS,
    );
    const stream = connection.open(
      METHODS.Watch.Watch.path,
      (message) => {
        const response = WatchResponse.decode(message);
        if (response.canceled) {
          fail(`canceled, compact revision ${response.compactRevision}: ${response.cancelReason}`);
        }
        addEvents(history, response, fail);
        if (lastOf(history) >= to) {
          clearTimeout(timer);
          stream.cancel();
          resolve(history);
        }
      },
      ({ code, message }) => fail(`stream ended: ${code} ${message}`),
    );
    stream.send(WatchRequest.encode({ createRequest: { ...ALL, startRevision: from } }));
  });
}

function lastOf(history: History): number {
  let last = 0;
  for (const revision of history.keys()) last = revision;
  return last;
}

function addEvents(history: History, response: WatchResponse, fail: (why: string) => void): void {
  for (const { type, kv } of response.events) {
    if (kv === undefined) return fail("an event without a key");
    const changes = history.get(kv.modRevision) ?? [];
    if (changes.length === 0 && kv.modRevision <= lastOf(history)) {
      return fail(`event at ${kv.modRevision} out of order`);
    }
    const value = type === EventType.DELETE ? undefined : Buffer.from(kv.value).toString();
    changes.push({ key: Buffer.from(kv.key).toString(), value });
    history.set(kv.modRevision, changes);
  }
}

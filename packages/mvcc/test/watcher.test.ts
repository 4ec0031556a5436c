import { EventType } from "@nodetcd/messages";
import { expect, test } from "vitest";
import { StoredKeyValue, type StoredEvent, type WatchResponse } from "../src/mvcc.ts";
import { Watcher } from "../src/watch/watcher.ts";

/** A watcher of everything from revision 5 on, in a store at revision 9; what it sends is in `sent`. */
function watcher(): { one: Watcher; sent: WatchResponse[]; blocked: Set<Watcher> } {
  const sent: WatchResponse[] = [];
  const blocked = new Set<Watcher>();
  const one: Watcher = new Watcher(
    {
      id: 7n,
      outlet: {
        full: false,
        blocked,
        send: (response) => void sent.push(response),
        forget: (other) => other.becomeCancelled(),
      },
      sink: undefined,
      key: "",
      single: false,
      end: undefined,
      wantsPuts: true,
      wantsDeletes: true,
      startRevision: 5,
    },
    9,
  );
  return { one, sent, blocked };
}

const event = (revision: number): StoredEvent => ({
  type: EventType.PUT,
  keyValue: new StoredKeyValue(new Uint8Array(0), revision, revision, 1, 0n),
});
const group = { remove: () => undefined };

test("Watcher: takes each event once, and nothing below where it is", () => {
  const { one, sent } = watcher();
  const touched: Watcher[] = [];
  expect([4, 5, 6].map((revision) => one.offer(event(revision), revision, touched))).toEqual([
    false,
    true,
    true,
  ]);
  expect([touched, one.firstPending, one.pendingEvents]).toEqual([[one], 5, 2]);
  expect(one.deliver(6, 9)).toBe(2);
  expect(sent).toMatchObject([{ watchId: 7n, revision: 9, compactRevision: 0 }]);
  expect(one.offer(event(6), 6, touched)).toBe(false);
  expect(one.nextRevision).toBe(7);
});

test("Watcher: blocked, it drops what is pending and goes on from there", () => {
  const { one, blocked } = watcher();
  one.becomeUnsynced(group);
  one.offer(event(6), 6, []);
  one.offer(event(8), 8, []);
  one.becomeBlocked();
  expect([one.state.kind, one.nextRevision, one.pendingEvents]).toEqual(["blocked", 6, 0]);
  expect(blocked.has(one)).toBe(true);
});

test("Watcher: refuses states that cannot follow, and events that do not", () => {
  const cancelled = watcher().one;
  cancelled.cancelCompacted(9, 8);
  expect(() => cancelled.becomeUnsynced(group)).toThrow("A watcher is cancelled");
  const { one } = watcher();
  expect(() => one.becomeBlocked()).toThrow("has not missed an event");
  one.offer(event(9), 9, []);
  expect(() => one.deliver(8, 9)).toThrow("not those that come next");
  const blocked = watcher().one;
  blocked.offer(event(5), 5, []);
  blocked.becomeBlocked();
  expect(() => blocked.becomeSynced()).toThrow("A watcher is blocked, not synced next");
});

import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { noLeases, openStore } from "../src/mvcc.ts";
import { CHANGES_PER_TURN } from "../src/limits.ts";
import { BusyClock } from "./support/busy-clock.ts";
import { Model } from "./support/model.ts";
import { bytes } from "./support/open.ts";
import { seeds } from "./support/settle.ts";
import { Watching } from "./support/watching.ts";
import { MemoryWorld } from "./support/world.ts";

const KEYS = Array.from({ length: CHANGES_PER_TURN + 500 }, (_, i) => `k${1000 + i}`);

for (const seed of seeds(2)) {
  test(`watch: large revisions among small ones, each seen once and whole by watchers that come and go meanwhile (SEED=${seed})`, async () => {
    const random = new SeededRandom(seed);
    const world = new MemoryWorld(new BusyClock(5));
    const { clock, backend } = world;
    const store = await world.settle(openStore(backend, { clock, lessor: noLeases }));
    const model = new Model();
    const watching = new Watching(store, model, random);
    let backlogs = 0;

    const putAll = (keys: readonly string[]): void => {
      const txn = store.beginWrite();
      keys.forEach((key, i) => {
        txn.put(bytes(key), bytes("v"), 0n);
        model.put(key, "v", 0n, i);
      });
      txn.end();
      model.revision++;
    };
    const deleteAll = (): void => {
      const txn = store.beginWrite();
      const deleted = txn.deleteRange(bytes("k"), bytes("l"));
      txn.end();
      expect(model.deleteRange("k", "l", 0)).toBe(deleted);
      if (deleted > 0) model.revision++;
    };

    const compact = (): void => {
      const revision = model.revision - random.below(3);
      if (revision <= Math.max(model.compactRevision, 1)) return;
      store.compact(revision).done.catch(() => undefined);
      model.compactRevision = revision;
    };

    for (let i = 0; i < 60; i++) {
      const kind = random.below(11);
      if (kind === 0) deleteAll();
      else if (kind === 1) putAll(KEYS);
      else if (kind < 4) putAll([random.pick(KEYS)]);
      else if (kind < 7) watching.open(KEYS);
      else if (kind < 9) watching.disturb();
      else if (kind < 10) compact();
      else await world.advance(1);
      if (store.watches.hasBacklog) backlogs++;
    }
    await watching.quiesce(world);
    watching.check();
    expect([backlogs > 0, watching.responses > 0]).toEqual([true, true]);
    await world.settle(store.close());
  });
}

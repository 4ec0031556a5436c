import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { DeadlineHeap, type HeapItem } from "../src/deadline-heap.ts";
import { bytes, open, revoke } from "./support.ts";

const given = process.env["SEED"];
const count = 2 * Number(process.env["TIMES"] ?? 1);
const seeds =
  given === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(given)];

interface Naive {
  ttl: number;
  end: number;
  keys: Set<string>;
}

for (const seed of seeds) {
  test(`DeadlineHeap: the first is the earliest after any insertions, moves and removals (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    const heap = new DeadlineHeap<HeapItem>();
    const items = Array.from({ length: 60 }, () => ({ deadline: 0, position: -1 }));
    const inside = new Set<HeapItem>();
    for (let i = 0; i < 3000; i++) {
      const item = random.pick(items);
      if (random.chance(0.3)) {
        heap.remove(item);
        inside.delete(item);
      } else {
        heap.schedule(item, random.below(1000));
        inside.add(item);
      }
      expect(heap.size).toBe(inside.size);
      expect(heap.first?.deadline).toBe(
        inside.size === 0 ? undefined : Math.min(...[...inside].map((one) => one.deadline)),
      );
    }
  });

  test(`Lessor: leases expire when a list of their ends says so, neither early nor late (SEED=${seed})`, () => {
    const random = new SeededRandom(seed);
    const { lessor, clock, backend } = open();
    const naive = new Map<bigint, Naive>();
    const owner = new Map<string, bigint>();
    lessor.promote(0);
    lessor.onExpired = (ids) => {
      for (const id of ids) {
        const lease = naive.get(id)!;
        expect(clock.monotonic()).toBeGreaterThanOrEqual(lease.end);
        expect(clock.monotonic() - lease.end).toBeLessThanOrEqual(500);
        end(id);
      }
    };
    const end = (id: bigint): void => {
      const texts = revoke(lessor, id);
      expect(texts).toEqual([...texts].sort((a, b) => (a < b ? -1 : 1)));
      for (const text of texts) owner.delete(text);
    };
    const forget = (): void => {
      for (const [id, lease] of naive) {
        if (lessor.has(id)) expect(lease.end + 500).toBeGreaterThan(clock.monotonic());
        else naive.delete(id);
      }
    };
    for (let i = 0; i < 2000; i++) {
      const ids = [...naive.keys()];
      const kind = random.below(10);
      if (kind < 3 || ids.length === 0) {
        const [id, ttl] = [BigInt.asIntN(64, random.uint64()), 1 + random.below(60)];
        const lease = lessor.grant(id, ttl);
        naive.set(id, {
          ttl: lease.ttl,
          end: clock.monotonic() + lease.ttl * 1000,
          keys: new Set(),
        });
        continue;
      }
      const id = random.pick(ids);
      const lease = naive.get(id)!;
      const key = `k${random.below(40)}`;
      if (kind < 5) {
        const before = owner.get(key);
        if (before !== undefined) lessor.detach(before, bytes(key));
        lessor.attach(id, bytes(key));
        owner.set(key, id);
      } else if (kind < 6 && lease.end > clock.monotonic()) {
        expect(lessor.renew(id)).toBe(lease.ttl);
        lease.end = clock.monotonic() + lease.ttl * 1000;
      } else if (kind < 7 && random.chance(0.2)) {
        end(id);
      } else {
        clock.advance(random.below(3000));
      }
      forget();
      expect(lessor.leaseOf(bytes(key))).toBe(owner.get(key) ?? 0n);
    }
    expect(backend.records.size).toBe(naive.size);
    expect(new Set(lessor.list())).toEqual(new Set(naive.keys()));
  });
}

import type { Entry } from "@nodetcd/messages";
import { SeededRandom } from "@nodetcd/simulator";
import { describe, expect, it } from "vitest";
import { listSegments } from "../src/segment.ts";
import { createWal, openWal } from "../src/wal.ts";
import {
  entries,
  FROM_START,
  inMemory,
  METADATA,
  plain,
  randomEntry,
  seedOf,
  state,
} from "./helpers.ts";

const DIRECTORY = "/data/wal";

describe("readEntries()", () => {
  it("gives what was appended, whatever was replaced, cut and purged", async () => {
    const random = new SeededRandom(seedOf("read-entries"));
    for (let round = 0; round < 8; round++) {
      const runtime = inMemory();
      const wal = await createWal(runtime, DIRECTORY, METADATA, { segmentBytes: 40_000 });
      let log: Entry[] = [];
      for (let term = 1; term < 40; term++) {
        if (random.chance(0.3)) log = log.slice(0, Math.max(0, log.length - random.below(20)));
        const fresh = Array.from({ length: random.below(30) }, (_, i) =>
          randomEntry(random, log.length + 1 + i, term),
        );
        await wal.append(random.chance(0.5) ? state(term, 1) : undefined, fresh);
        log.push(...fresh);
        if (log.length === 0) continue;
        const low = 1 + random.below(log.length);
        const high = low + 1 + random.below(log.length - low + 1);
        const found = wal.readEntries(low, high, Infinity);
        expect(plain(found!)).toEqual(plain(log.slice(low - 1, high - 1)));
        const some = wal.readEntries(low, high, 2_000)!;
        expect(plain(some)).toEqual(plain(log.slice(low - 1, low - 1 + some.length)));
        const bytes = some.reduce((sum, { data }) => sum + data.length + 8, 0);
        expect(some.length === 1 || bytes <= 2_000).toBe(true);
      }
      await wal.append(state(40, log.length), []);
      wal.releaseTo(log.length);
      await wal.purge(1);
      const first = listSegments(runtime.disk, DIRECTORY)[0]!.firstIndex;
      if (first > 1) expect(wal.readEntries(1, 2, Infinity)).toBeUndefined();
      await wal.close();
    }
  });

  it("gives what was there before the log was opened, and nothing that is damaged or gone", async () => {
    const runtime = inMemory();
    const created = await createWal(runtime, DIRECTORY, METADATA);
    await created.append(state(1, 3), entries(1, 10));
    await created.close();
    const { wal } = await openWal(runtime, DIRECTORY, FROM_START);
    await wal.append(state(1, 10), entries(11, 20));
    expect(plain(wal.readEntries(5, 21, Infinity)!)).toEqual(plain(entries(5, 20)));
    expect(wal.readEntries(21, 22, Infinity)).toBeUndefined();
    const path = `${DIRECTORY}/${listSegments(runtime.disk, DIRECTORY)[0]!.name}`;
    const file = runtime.disk.open(path, "write");
    const whole = Buffer.from(runtime.disk.readFile(path));
    file.write(Buffer.from("E"), whole.indexOf("e15"));
    expect(plain(wal.readEntries(11, 21, Infinity)!)).toEqual(plain(entries(11, 14)));
    expect(wal.readEntries(15, 21, Infinity)).toBeUndefined();
    file.close();
    runtime.disk.remove(path);
    expect(wal.readEntries(11, 12, Infinity)).toBeUndefined();
  });
});

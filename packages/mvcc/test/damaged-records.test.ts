import { describe, expect, test } from "vitest";
import { MvccError, revisionKey } from "../src/mvcc.ts";
import { FINISHED_COMPACT, readMark, SCHEDULED_COMPACT } from "../src/marks.ts";
import { MemoryBackend } from "./support/memory-backend.ts";
import { bytes, open, put } from "./support/open.ts";

/** A sound record: key "k", created and modified at 2, version 1, value "v". */
const RECORD = Uint8Array.of(10, 1, 0x6b, 16, 2, 24, 2, 32, 1, 42, 1, 0x76);
const huge = (): Uint8Array => new Uint8Array(17).fill(0xff);

/** What a backend may hold that no etcd has written. */
const DAMAGES: Record<string, (backend: MemoryBackend) => void> = {
  "a key that is no revision": (backend) => backend.put("key", bytes("k"), RECORD),
  "revision 0": (backend) => backend.put("key", revisionKey(0, 0), RECORD),
  "revision 0, the second change": (backend) => backend.put("key", revisionKey(0, 1), RECORD),
  "a revision beyond 2^53": (backend) => backend.put("key", huge(), RECORD),
  "a put and a deletion at the same revision": (backend) => {
    backend.put("key", revisionKey(2, 0), RECORD);
    backend.put("key", revisionKey(2, 0, true), RECORD);
  },
  "an empty record": (backend) => backend.put("key", revisionKey(2, 0), new Uint8Array(0)),
  "a record without a key": (backend) => backend.put("key", revisionKey(2, 0), RECORD.subarray(3)),
  "a record that is cut inside its key": (backend) =>
    backend.put("key", revisionKey(2, 0), RECORD.subarray(0, 2)),
  "a record that is cut inside its value": (backend) =>
    backend.put("key", revisionKey(2, 0), RECORD.subarray(0, RECORD.length - 1)),
  "a record that is no message": (backend) =>
    backend.put("key", revisionKey(2, 0), Uint8Array.of(10, 1, 0x6b, 0xff, 0xff)),
  "a version beyond 2^53": (backend) =>
    backend.put("key", revisionKey(2, 0), Uint8Array.of(10, 1, 0x6b, 32, ...huge().subarray(9), 1)),
  "a compaction mark that is cut short": (backend) =>
    backend.put("meta", FINISHED_COMPACT, Uint8Array.of(0, 0, 1)),
  "a compaction mark beyond 2^53": (backend) => backend.put("meta", SCHEDULED_COMPACT, huge()),
};

describe("openStore() refuses with CORRUPT_RECORD", () => {
  for (const [what, damage] of Object.entries(DAMAGES)) {
    test(what, async () => {
      const backend = new MemoryBackend();
      damage(backend);
      const outcome = await open(backend).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(MvccError);
      expect((outcome as MvccError).code).toBe("CORRUPT_RECORD");
    });
  }
});

test("openStore() takes the record that the damaged ones are made of", async () => {
  const backend = new MemoryBackend();
  backend.put("key", revisionKey(2, 0), RECORD);
  const { store } = await open(backend);
  expect(store.revision).toBe(2);
  expect(put(store, "k")).toBe(3);
});

test("openStore() takes the empty record that a restore with a raised revision leaves", async () => {
  const backend = new MemoryBackend();
  backend.put("key", revisionKey(2, 0), RECORD);
  backend.put("key", revisionKey(1_002, 0), new Uint8Array(0));
  backend.put("meta", SCHEDULED_COMPACT, revisionKey(1_002, 0));
  const { store } = await open(backend);
  expect(store.revision).toBe(1_002);
  await expect.poll(() => store.compactRevision).toBe(1_002);
  expect(() => store.range(bytes("k"), undefined, { revision: 1_001 })).toThrow(MvccError);
  const all = store.range(Uint8Array.of(0), Uint8Array.of(0));
  expect(all.count).toBe(1);
  expect(put(store, "k")).toBe(1_003);
  await expect.poll(() => readMark(backend, FINISHED_COMPACT)).toBe(1_002);
  expect(backend.get("key", revisionKey(1_002, 0))).toHaveLength(0);
});

test("openStore() refuses an empty record above the newest compaction", async () => {
  const backend = new MemoryBackend();
  backend.put("key", revisionKey(1_003, 0), new Uint8Array(0));
  backend.put("meta", SCHEDULED_COMPACT, revisionKey(1_002, 0));
  await expect(open(backend)).rejects.toThrow("its value has no key");
});

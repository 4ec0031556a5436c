import { type Cursor, openDatabase } from "@nodetcd/bolt";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { b, codeOf, text } from "./helpers.ts";

const COUNT = 1000;
const keyOf = (i: number): Uint8Array => b(`key ${String(i * 2).padStart(6, "0")}`);

/** A bucket of a thousand keys, committed or not: even numbers of six digits. */
function withCursor(committed: boolean, look: (cursor: Cursor) => void): void {
  const db = openDatabase(new FaultDisk(), "/db", { pageSize: 1024 });
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    for (let i = 0; i < COUNT; i++) bucket.put(keyOf(i), b(`${i}`));
    if (!committed) look(bucket.cursor());
  });
  if (committed) db.view((tx) => look(tx.bucket(b("x"))!.cursor()));
}

describe.each([true, false])("Cursor (committed: %s)", (committed) => {
  test("next() and prev() visit all in order, both ways", () => {
    withCursor(committed, (cursor) => {
      const forward: (string | undefined)[] = [];
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
        forward.push(text(entry.value));
        expect(entry.keySize + entry.valueSize).toBe(entry.key.length + entry.value!.length);
      }
      expect(forward).toEqual(Array.from({ length: COUNT }, (_, i) => `${i}`));
      const backward: (string | undefined)[] = [];
      for (let entry = cursor.last(); entry !== undefined; entry = cursor.prev()) {
        backward.push(text(entry.value));
      }
      expect(backward).toEqual(forward.toReversed());
    });
  });

  test("an entry read in place has the bytes of its key and value", () => {
    withCursor(committed, (cursor) => {
      let count = 0;
      for (let entry = cursor.first(); entry !== undefined; entry = cursor.next(), count++) {
        const { keyBytes, keyStart, keySize, valueBytes, valueStart, valueSize } = entry;
        expect(text(keyBytes.subarray(keyStart, keyStart + keySize))).toBe(text(keyOf(count)));
        expect(text(valueBytes.subarray(valueStart, valueStart + valueSize))).toBe(`${count}`);
      }
      expect(count).toBe(COUNT);
    });
  });

  test("seek() finds the key or the next above it", () => {
    withCursor(committed, (cursor) => {
      for (const i of [0, 1, 17, 500, 998, 999]) {
        expect(text(cursor.seek(keyOf(i))?.value)).toBe(`${i}`);
        const between = Buffer.concat([keyOf(i), b("x")]);
        expect(text(cursor.seek(between)?.value)).toBe(i === 999 ? undefined : `${i + 1}`);
      }
      expect(text(cursor.seek(b("a"))?.value)).toBe("0");
      expect(cursor.seek(b("z"))).toBe(undefined);
      expect(text(cursor.prev()?.value)).toBe("999");
    });
  });

  test("stays at the ends", () => {
    withCursor(committed, (cursor) => {
      cursor.last();
      expect(cursor.next()).toBe(undefined);
      expect(cursor.next()).toBe(undefined);
      expect(text(cursor.prev()?.value)).toBe("998");
      cursor.first();
      expect(cursor.prev()).toBe(undefined);
      expect(text(cursor.next()?.value)).toBe("1");
    });
  });
});

test("a cursor without a position moves nowhere", () => {
  const db = openDatabase(new FaultDisk(), "/db");
  db.update((tx) => {
    const cursor = tx.createBucket(b("x")).cursor();
    expect([cursor.next(), cursor.prev(), cursor.first(), cursor.last()]).toEqual(
      Array.from({ length: 4 }),
    );
    expect(codeOf(() => cursor.delete())).toBe("NO_CURRENT_ENTRY");
  });
});

test("delete() removes the entry, and next() and prev() go on from where it was", () => {
  const db = openDatabase(new FaultDisk(), "/db", { strict: true });
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    for (let i = 0; i < COUNT; i++) bucket.put(keyOf(i), b(`${i}`));
  });
  db.update((tx) => {
    const cursor = tx.bucket(b("x"))!.cursor();
    cursor.seek(keyOf(500));
    cursor.delete();
    expect(text(cursor.next()?.value)).toBe("501");
    cursor.delete();
    expect(text(cursor.prev()?.value)).toBe("499");
    for (let entry = cursor.first(); entry !== undefined; entry = cursor.next()) {
      if (Number(text(entry.value)) % 2 === 0) cursor.delete();
    }
  });
  const left: number[] = [];
  db.view((tx) => tx.bucket(b("x"))!.forEach((_, value) => left.push(Number(text(value)))));
  expect(left).toEqual(
    Array.from({ length: COUNT / 2 }, (_, i) => i * 2 + 1).filter((n) => n !== 501),
  );
});

test("a cursor sees what is put ahead of it", () => {
  const db = openDatabase(new FaultDisk(), "/db");
  db.update((tx) => {
    const bucket = tx.createBucket(b("x"));
    bucket.put(b("a"), b("1"));
    const cursor = bucket.cursor();
    cursor.first();
    bucket.put(b("b"), b("2"));
    bucket.put(b("0"), b("0"));
    expect(text(cursor.next()?.key)).toBe("b");
    expect(cursor.next()).toBe(undefined);
  });
});

test("nested buckets have no value and cannot be deleted by a cursor", () => {
  const db = openDatabase(new FaultDisk(), "/db");
  db.update((tx) => void tx.createBucket(b("x")));
  db.update((tx) => {
    const cursor = tx.cursor();
    const entry = cursor.first()!;
    expect([text(entry.key), entry.value, entry.valueSize]).toEqual(["x", undefined, 0]);
    expect(codeOf(() => cursor.delete())).toBe("INCOMPATIBLE_VALUE");
  });
});

describe("between leaves that the same transaction emptied", () => {
  const LEAVES = 20_000;

  /** A thousand bytes a page, so one entry a leaf or two; all removed but those in `kept`. */
  function emptied(count: number, kept: readonly number[], look: (cursor: Cursor) => void): void {
    const db = openDatabase(new FaultDisk(), "/db", { pageSize: 1024, noSync: true });
    db.update((tx) => {
      const bucket = tx.createBucket(b("x"));
      for (let i = 0; i < count; i++) bucket.put(keyOf(i), new Uint8Array(400));
    });
    db.update((tx) => {
      const bucket = tx.bucket(b("x"))!;
      for (let i = 0; i < count; i++) if (!kept.includes(i)) bucket.delete(keyOf(i));
      look(bucket.cursor());
    });
  }
  const key = (entry: { key: Uint8Array } | undefined): string | undefined => text(entry?.key);

  test("prev() at the first entry stays there", () => {
    emptied(10, [6, 7], (cursor) => {
      expect(key(cursor.first())).toBe(text(keyOf(6)));
      expect(cursor.prev()).toBe(undefined);
      expect(key(cursor.next())).toBe(text(keyOf(7)));
    });
  });

  test("next() at the last entry stays there", () => {
    emptied(10, [2, 3], (cursor) => {
      expect(key(cursor.last())).toBe(text(keyOf(3)));
      expect(cursor.next()).toBe(undefined);
      expect(key(cursor.prev())).toBe(text(keyOf(2)));
    });
  });

  test("prev() after a seek beyond the end finds the last", () => {
    emptied(10, [3], (cursor) => {
      expect(cursor.seek(keyOf(8))).toBe(undefined);
      expect(cursor.next()).toBe(undefined);
      expect(key(cursor.prev())).toBe(text(keyOf(3)));
    });
  });

  test("first(), last() and next() find nothing where nothing is left", () => {
    emptied(10, [], (cursor) => {
      expect([cursor.first(), cursor.next(), cursor.last(), cursor.prev()]).toEqual(
        Array.from({ length: 4 }),
      );
    });
  });

  test("first() and last() pass any number of them", () => {
    emptied(LEAVES, [LEAVES / 2], (cursor) => {
      expect(key(cursor.first())).toBe(text(keyOf(LEAVES / 2)));
      expect(key(cursor.last())).toBe(text(keyOf(LEAVES / 2)));
    });
  });
});

import {
  type Bucket,
  defragment,
  MAX_KEY_SIZE,
  openDatabase,
  type Transaction,
} from "@nodetcd/bolt";
import { FaultDisk } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { MAX_BUCKET_DEPTH } from "../src/limits.ts";
import { b, codeOf, text } from "./helpers.ts";

const open = () => openDatabase(new FaultDisk(), "/db", { strict: true });

/** Runs the same look at a bucket inside the write transaction, and after it was committed. */
function beforeAndAfterCommit(change: (tx: Transaction) => void, look: (tx: Transaction) => void) {
  const db = open();
  db.update((tx) => {
    change(tx);
    look(tx);
  });
  db.view(look);
}

describe("Bucket.put()", () => {
  const put = (key: Uint8Array, value = b("v")) =>
    codeOf(() => open().update((tx) => tx.createBucket(b("x")).put(key, value)));

  test("KEY_REQUIRED for an empty key", () => expect(put(b(""))).toBe("KEY_REQUIRED"));
  test("KEY_TOO_LARGE above 32,768 bytes", () => {
    expect(put(Buffer.alloc(MAX_KEY_SIZE))).toBe(undefined);
    expect(put(Buffer.alloc(MAX_KEY_SIZE + 1))).toBe("KEY_TOO_LARGE");
  });
  test("VALUE_TOO_LARGE above 2^31 - 2 bytes", () => {
    const huge = { length: 2 ** 31 - 1 } as Uint8Array;
    expect(put(b("k"), huge)).toBe("VALUE_TOO_LARGE");
  });
  test("INCOMPATIBLE_VALUE for the name of a bucket", () => {
    const code = codeOf(() =>
      open().update((tx) => {
        const x = tx.createBucket(b("x"));
        x.createBucket(b("k"));
        x.put(b("k"), b("v"));
      }),
    );
    expect(code).toBe("INCOMPATIBLE_VALUE");
  });
  test("copies the key and borrows the value", () => {
    const db = open();
    const key = b("key");
    db.update((tx) => {
      tx.createBucket(b("x")).put(key, b("v"));
      key[0] = 0x7a;
    });
    expect(db.view((tx) => text(tx.bucket(b("x"))!.get(b("key"))))).toBe("v");
  });
  test("keeps empty values apart from missing keys", () => {
    beforeAndAfterCommit(
      (tx) => tx.createBucket(b("x")).put(b("empty"), b("")),
      (tx) => {
        expect(tx.bucket(b("x"))!.get(b("empty"))).toHaveLength(0);
        expect(tx.bucket(b("x"))!.get(b("missing"))).toBe(undefined);
      },
    );
  });
  test("takes many keys in random order in one transaction", () => {
    const count = 20_000;
    beforeAndAfterCommit(
      (tx) => {
        const x = tx.createBucket(b("x"));
        for (let i = 0; i < count; i++) {
          const n = (i * 7919) % count;
          x.put(b(`key ${String(n).padStart(6, "0")}`), b(String(n)));
        }
      },
      (tx) => {
        let n = 0;
        tx.bucket(b("x"))!.forEach((key, value) => {
          if (text(value) !== String(n) || text(key)!.slice(4) !== String(n).padStart(6, "0")) {
            throw new Error(`entry ${n} is ${text(key)}`);
          }
          n++;
        });
        expect(n).toBe(count);
      },
    );
  });
});

describe("Bucket.delete()", () => {
  test("of a missing key does nothing, of a bucket is INCOMPATIBLE_VALUE", () => {
    const db = open();
    db.update((tx) => tx.createBucket(b("x")).createBucket(b("inner")));
    db.update((tx) => tx.bucket(b("x"))!.delete(b("missing")));
    const code = codeOf(() => db.update((tx) => tx.bucket(b("x"))!.delete(b("inner"))));
    expect(code).toBe("INCOMPATIBLE_VALUE");
  });
  test("of everything leaves an empty bucket and frees its pages", () => {
    const db = open();
    db.update((tx) => {
      const x = tx.createBucket(b("x"));
      for (let i = 0; i < 5000; i++) x.put(b(`${i}`), b("value"));
    });
    const size = db.fileSize();
    db.update((tx) => {
      const x = tx.bucket(b("x"))!;
      for (let i = 0; i < 5000; i++) x.delete(b(`${i}`));
      expect(x.cursor().first()).toBe(undefined);
    });
    expect(db.view((tx) => tx.bucket(b("x"))!.stats().keys)).toBe(0);
    expect(db.view((tx) => tx.bucket(b("x"))!.rootPageId)).toBe(0);
    expect(db.stats().freePages + db.stats().pendingPages).toBeGreaterThan(30);
    expect(db.fileSize()).toBe(size);
  });
});

describe("nested buckets", () => {
  test("createBucket() refuses what exists", () => {
    const db = open();
    db.update((tx) => tx.createBucket(b("x")).put(b("k"), b("v")));
    const attempt = (work: (x: Bucket, tx: Transaction) => unknown) =>
      codeOf(() => db.update((tx) => work(tx.bucket(b("x"))!, tx)));
    expect(attempt((_, tx) => tx.createBucket(b("x")))).toBe("BUCKET_EXISTS");
    expect(attempt((x) => x.createBucket(b("k")))).toBe("INCOMPATIBLE_VALUE");
    expect(attempt((x) => x.createBucket(b("")))).toBe("BUCKET_NAME_REQUIRED");
    expect(attempt((x) => x.deleteBucket(b("no")))).toBe("BUCKET_NOT_FOUND");
    expect(attempt((x) => x.deleteBucket(b("k")))).toBe("INCOMPATIBLE_VALUE");
    expect(attempt((x) => x.createBucketIfMissing(b("k")))).toBe("INCOMPATIBLE_VALUE");
    expect(attempt((_, tx) => tx.createBucketIfMissing(b("x")))).toBe(undefined);
  });
  test("have names as long as one likes, as in bbolt", () => {
    const db = open();
    const name = Buffer.alloc(MAX_KEY_SIZE + 1, "n");
    db.update((tx) => tx.createBucket(name).put(b("k"), b("v")));
    const copy = open();
    db.view((tx) => [...defragment(tx, copy)]);
    expect(text(copy.view((tx) => tx.bucket(name)?.get(b("k"))))).toBe("v");
  });
  test("go 500 deep, and no deeper", () => {
    const db = openDatabase(new FaultDisk(), "/db");
    const make = (depth: number) => () =>
      db.update((tx) => {
        let bucket = tx.createBucketIfMissing(b("b"));
        for (let i = 1; i < depth; i++) bucket = bucket.createBucketIfMissing(b("b"));
        bucket.put(b("k"), b("v"));
      });
    expect(codeOf(make(MAX_BUCKET_DEPTH))).toBe(undefined);
    expect(codeOf(make(MAX_BUCKET_DEPTH + 1))).toBe("NESTED_TOO_DEEP");
    expect(db.view((tx) => [...tx.check()])).toEqual([]);
    expect(db.view((tx) => tx.root.stats().buckets)).toBe(MAX_BUCKET_DEPTH + 1);
    const copy = open();
    db.view((tx) => [...defragment(tx, copy)]);
    expect(copy.view((tx) => tx.root.stats().keys)).toBe(MAX_BUCKET_DEPTH + 1);
    const under = () =>
      db.update((tx) => tx.moveBucket(b("b"), undefined, tx.createBucket(b("a"))));
    under();
    const codes = db.view((tx) => [
      codeOf(() => tx.root.stats()),
      codeOf(() => tx.root.inspect()),
      codeOf(() => [...defragment(tx, open())]),
    ]);
    expect(codes).toEqual(Array.from({ length: 3 }, () => "NESTED_TOO_DEEP"));
    expect(db.view((tx) => Array.from(tx.check(), ({ kind }) => kind))).toContain("damaged");
  });
  test("are stored inline while small, and get pages of their own when they grow", () => {
    const db = open();
    const root = () => db.view((tx) => tx.bucket(b("x"))!.rootPageId);
    db.update((tx) => tx.createBucket(b("x")).put(b("k"), Buffer.alloc(900)));
    expect(root()).toBe(0);
    db.update((tx) => tx.bucket(b("x"))!.put(b("l"), Buffer.alloc(900)));
    expect(root()).not.toBe(0);
    db.update((tx) => tx.bucket(b("x"))!.delete(b("l")));
    expect(root()).toBe(0);
    db.update((tx) => void tx.bucket(b("x"))!.createBucket(b("inner")));
    expect(root()).not.toBe(0);
  });
  test("deleteBucket() gives up the pages of all below", () => {
    const db = open();
    db.update((tx) => {
      const inner = tx.createBucket(b("x")).createBucket(b("y")).createBucket(b("z"));
      for (let i = 0; i < 3000; i++) inner.put(b(`${i}`), b("value"));
    });
    db.update((tx) => tx.deleteBucket(b("x")));
    expect(db.view((tx) => tx.bucket(b("x")))).toBe(undefined);
    expect(db.view((tx) => [...tx.check()])).toEqual([]);
  });
  test("moveBucket() takes changes along and refuses what cannot be", () => {
    const db = open();
    db.update((tx) => {
      tx.createBucket(b("from")).createBucket(b("m")).put(b("k"), b("v"));
      tx.createBucket(b("to")).put(b("taken"), b("v"));
      tx.bucket(b("from"))!.createBucket(b("taken"));
    });
    const move = (name: string, from: string | undefined, to: string | undefined) =>
      codeOf(() =>
        db.update((tx) =>
          tx.moveBucket(
            b(name),
            from ? tx.bucket(b(from)) : undefined,
            to ? tx.bucket(b(to)) : undefined,
          ),
        ),
      );
    expect(move("no", "from", "to")).toBe("BUCKET_NOT_FOUND");
    expect(move("taken", "to", "from")).toBe("INCOMPATIBLE_VALUE");
    expect(move("taken", "from", "to")).toBe("INCOMPATIBLE_VALUE");
    expect(move("m", "from", "from")).toBe("SAME_BUCKETS");
    expect(move("from", undefined, "from")).toBe("SAME_BUCKETS");
    expect(move("to", undefined, undefined)).toBe("SAME_BUCKETS");
    const other = open();
    const foreign = other.begin(true);
    expect(
      codeOf(() => db.update((tx) => tx.moveBucket(b("m"), tx.bucket(b("from")), foreign.root))),
    ).toBe("DIFFERENT_DATABASE");
    db.update((tx) => {
      const m = tx.bucket(b("from"))!.bucket(b("m"))!;
      m.put(b("new"), b("w"));
      tx.moveBucket(b("m"), tx.bucket(b("from")), tx.bucket(b("to")));
      m.put(b("later"), b("x"));
    });
    const keys: (string | undefined)[] = [];
    db.view((tx) =>
      tx
        .bucket(b("to"))!
        .bucket(b("m"))!
        .forEach((key) => keys.push(text(key))),
    );
    expect(keys).toEqual(["k", "later", "new"]);
    expect(db.view((tx) => tx.bucket(b("from"))!.bucket(b("m")))).toBe(undefined);
  });
});

describe("Bucket.sequence", () => {
  test("is stored, counted up by nextSequence(), and safe", () => {
    const db = open();
    db.update((tx) => {
      const x = tx.createBucket(b("x"));
      expect([x.nextSequence(), x.nextSequence()]).toEqual([1, 2]);
      x.setSequence(40);
    });
    db.update((tx) => expect(tx.bucket(b("x"))!.nextSequence()).toBe(41));
    expect(db.view((tx) => tx.bucket(b("x"))!.sequence)).toBe(41);
    expect(codeOf(() => db.update((tx) => tx.bucket(b("x"))!.setSequence(-1)))).toBe(
      "SEQUENCE_RANGE",
    );
  });
});

test("Bucket.fillPercent leaves pages as full as asked", () => {
  const pages = (fillPercent: number): number => {
    const db = open();
    for (let first = 0; first < 4000; first += 500) {
      db.update((tx) => {
        const x = tx.createBucketIfMissing(b("x"));
        x.fillPercent = fillPercent;
        for (let i = first; i < first + 500; i++) x.put(b(String(i).padStart(8, "0")), b("value"));
      });
    }
    return db.view((tx) => tx.bucket(b("x"))!.stats().leafPages);
  };
  expect(pages(0.5) / pages(1)).toBeGreaterThan(1.7);
});

test("every method raises TX_CLOSED after the end, and TX_NOT_WRITABLE in a read transaction", () => {
  const db = open();
  db.update((tx) => void tx.createBucket(b("x")));
  const read = db.begin(false);
  const bucket = read.bucket(b("x"))!;
  const cursor = bucket.cursor();
  expect(codeOf(() => bucket.put(b("k"), b("v")))).toBe("TX_NOT_WRITABLE");
  expect(codeOf(() => bucket.delete(b("k")))).toBe("TX_NOT_WRITABLE");
  expect(codeOf(() => bucket.createBucket(b("k")))).toBe("TX_NOT_WRITABLE");
  expect(codeOf(() => bucket.nextSequence())).toBe("TX_NOT_WRITABLE");
  expect(codeOf(() => cursor.delete())).toBe("TX_NOT_WRITABLE");
  expect(codeOf(() => read.commit())).toBe("TX_NOT_WRITABLE");
  read.rollback();
  expect(codeOf(() => bucket.get(b("k")))).toBe("TX_CLOSED");
  expect(codeOf(() => bucket.cursor())).toBe("TX_CLOSED");
  expect(codeOf(() => cursor.first())).toBe("TX_CLOSED");
  expect(codeOf(() => read.rollback())).toBe("TX_CLOSED");
  expect(codeOf(() => read.bucket(b("x")))).toBe("TX_CLOSED");
});

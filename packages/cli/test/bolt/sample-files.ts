import { type Bucket, type Database, openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";

/** Keys and values that are hard to print. */
const ODD: readonly (readonly [string | Uint8Array, string | Uint8Array])[] = [
  ["a tab\there", "line\nbreak"],
  ['quote"d', "back\\slash"],
  ["käse 世界 😀", "no-break\u00a0space, joiner\u200d, tag\u{e0041}"],
  [Uint8Array.of(0, 1, 255), Uint8Array.of(0xe2, 0x82)],
  [Uint8Array.of(0xe2, 0x82, 0x41), Uint8Array.of(0xf0, 0x9f, 0x98, 0x80, 0x80)],
  ["<html> & \u2028", "\x07\b\f\r\v\x7f"],
  ["empty value", ""],
];

function bytes(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : text;
}

function fillNumbers(bucket: Bucket, count: number, valueSize: number): void {
  for (let i = 0; i < count; i++) {
    bucket.put(bytes(`key ${String(i).padStart(5, "0")}`), new Uint8Array(valueSize).fill(i));
  }
}

/** Every kind of page and bucket, written by us. */
export function writeVariedFile(path: string, pageSize: number, noFreelistSync: boolean): void {
  const db = openDatabase(nodeDisk, path, { pageSize, noFreelistSync, noSync: true });
  db.update((tx) => {
    const odd = tx.createBucket(bytes("odd"));
    for (const [key, value] of ODD) odd.put(bytes(key), bytes(value));
    tx.createBucket(bytes("empty"));
    const inline = tx.createBucket(bytes("inline"));
    inline.put(bytes("k"), bytes("v"));
    inline.setSequence(12_345_678_901);
  });
  db.update((tx) => {
    fillNumbers(tx.createBucket(bytes("large")), 400, 50);
    const nested = tx.createBucket(bytes("nest"));
    fillNumbers(nested, 3, 5 * pageSize);
    for (const [name] of ODD) nested.createBucket(bytes(name)).put(bytes("inner"), bytes("x"));
    fillNumbers(nested.createBucket(bytes("deep")).createBucket(bytes("deeper")), 300, 20);
  });
  giveUpPages(db);
  db.close();
}

function giveUpPages(db: Database): void {
  db.update((tx) => {
    const bucket = tx.bucket(bytes("large"))!;
    for (let i = 100; i < 300; i++) bucket.delete(bytes(`key ${String(i).padStart(5, "0")}`));
  });
  db.update((tx) => tx.bucket(bytes("inline"))!.put(bytes("k2"), bytes("v2")));
}

/** More free pages than a header's count can say: the first id is the count. */
export function writeManyFreePages(path: string): void {
  const db = openDatabase(nodeDisk, path, { pageSize: 1024, noSync: true });
  db.update((tx) => fillNumbers(tx.createBucket(bytes("large")), 1, 70_000 * 1024));
  db.update((tx) => tx.deleteBucket(bytes("large")));
  db.update((tx) => tx.createBucket(bytes("small")).put(bytes("k"), bytes("v")));
  db.close();
}

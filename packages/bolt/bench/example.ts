/**
 * Makes the file that docs/file-formats/bolt.md takes apart: two buckets, three transactions.
 *
 *     npx tsx --conditions=@nodetcd/source packages/bolt/bench/example.ts fruit.db
 */
import { pathToFileURL } from "node:url";
import { openDatabase } from "@nodetcd/bolt";
import { nodeDisk } from "@nodetcd/runtime/node";

/** @param path of a file that does not exist yet */
export function writeExample(path: string): void {
  const db = openDatabase(nodeDisk, path, { pageSize: 1024, noGrowSync: true });
  db.update((tx) => {
    const fruit = tx.createBucket(Buffer.from("fruit"));
    fruit.put(Buffer.from("apple"), Buffer.from("red"));
    fruit.put(Buffer.from("plum"), Buffer.from("blue"));
    fruit.setSequence(7);
  });
  db.update((tx) => {
    const stock = tx.createBucket(Buffer.from("stock"));
    for (let box = 1; box <= 40; box++) {
      stock.put(Buffer.from(`box ${String(box).padStart(2, "0")}`), Buffer.from(`${box} plums`));
    }
  });
  db.close();
}

const path = process.argv[2];
if (path !== undefined && import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeExample(path);
}

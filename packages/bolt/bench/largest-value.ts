/**
 * The largest value that a file can hold, written and read back: 2^31 - 2 bytes, on a page that no single
 * call of the system can write. Takes some 6 GiB of memory and 2 GiB of the temporary folder.
 *
 *     node --conditions=@nodetcd/source --import tsx packages/bolt/bench/largest-value.ts
 */
import { MAX_VALUE_SIZE, openDatabase } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";

const directory = nodeDisk.makeTemporaryDirectory("bolt-largest-");
const name = Buffer.from("b");
const key = Buffer.from("k");

/** Begins with `mark`, ends with its complement. */
function largest(mark: number): Uint8Array {
  const value = new Uint8Array(MAX_VALUE_SIZE);
  value[0] = mark;
  value[MAX_VALUE_SIZE - 1] = 0xff - mark;
  return value;
}

function expectStored(mark: number): void {
  const db = openDatabase(nodeDisk, `${directory}/db`, { readOnly: true });
  const value = db.view((tx) => tx.bucket(name)!.get(key))!;
  const found = [value.length, value[0], value[MAX_VALUE_SIZE - 1]];
  db.close();
  if (found.join() !== [MAX_VALUE_SIZE, mark, 0xff - mark].join()) {
    throw new Error(`read back: ${found.join(", ")}`);
  }
  console.log(`${found[0]} bytes, read back as they were written`);
}

try {
  const db = openDatabase(nodeDisk, `${directory}/db`, { clock: nodeClock });
  db.update((tx) => tx.createBucket(name).put(key, largest(1)));
  db.close();
  expectStored(1);
  const again = openDatabase(nodeDisk, `${directory}/db`, { clock: nodeClock });
  const tx = again.begin(true);
  tx.bucket(name)!.put(key, largest(2));
  await tx.commitAsync();
  again.close();
  expectStored(2);
} finally {
  nodeDisk.removeTree(directory);
}

/**
 * Every crash point of many histories on the fault disk.
 *
 *     tsx --conditions=@nodetcd/source packages/bolt/bench/crash.ts [histories] [seed]
 */
import { crashEverywhere, metaBeforeSync } from "../test/crash.ts";

const count = Number(process.argv[2] ?? 200);
const firstSeed = Number(process.argv[3] ?? process.env["SEED"] ?? 1);
const started = performance.now();
let points = 0;
for (let seed = firstSeed; seed < firstSeed + count; seed++) {
  points += await crashEverywhere({ seed, transactions: 8 });
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${count} histories from seed ${firstSeed}: ${points} crash points, all sound, ${seconds} s`,
);

let caught = 0;
for (let seed = firstSeed; seed < firstSeed + 20; seed++) {
  try {
    await crashEverywhere({ seed, transactions: 8, wrap: metaBeforeSync });
  } catch (error) {
    if (caught === 0) console.log(`planted bug: ${String(error)}`);
    caught++;
  }
}
console.log(`planted bug (meta before sync): caught in ${caught} of 20 histories`);

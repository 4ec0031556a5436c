/**
 * Random histories on real files, each then judged by the real bbolt: check, stats, compact.
 *
 *     BBOLT_BIN=... tsx --conditions=@nodetcd/source packages/bolt/bench/histories.ts [count] [seed]
 */
import * as fs from "node:fs";
import { openDatabase } from "@nodetcd/bolt";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { SeededRandom } from "@nodetcd/simulator";
import { difference, randomOptions, runHistory } from "../test/history.ts";
import { expectSound, findBbolt } from "../test/real-bbolt.ts";

const count = Number(process.argv[2] ?? 1000);
const firstSeed = Number(process.argv[3] ?? process.env["SEED"] ?? 1);
const bbolt = findBbolt();
const directory = nodeDisk.makeTemporaryDirectory("bolt-histories-");
const started = performance.now();
const kinds = new Map<string, number>();
try {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = new SeededRandom(seed);
    const path = `${directory}/${seed}.db`;
    const options = { ...randomOptions(random), clock: nodeClock, noSync: true };
    try {
      const model = await runHistory({
        open: (chosen) => openDatabase(nodeDisk, path, chosen),
        options,
        random,
        transactions: 5 + random.below(20),
      });
      if (bbolt !== undefined) {
        expectSound(bbolt, path);
        const copy = openDatabase(nodeDisk, `${path}.compacted`, { readOnly: true });
        const found = copy.view((tx) => difference(tx, model));
        copy.close();
        if (found !== undefined) throw new Error(`bbolt's compacted copy: ${found}`);
      }
    } catch (error) {
      throw new Error(`SEED=${seed} ${JSON.stringify(options)}`, { cause: error });
    }
    const kind = `${options.pageSize} ${options.freelistType}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    fs.rmSync(path);
    fs.rmSync(`${path}.compacted`, { force: true });
  }
} finally {
  nodeDisk.removeTree(directory);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`${count} histories from seed ${firstSeed}, ${seconds} s, all sound in bbolt:`);
for (const [kind, number] of kinds) console.log(`  ${kind}: ${number}`);

/** Framing alone, and appends with their syncs. Run: npx tsx --conditions=@nodetcd/source packages/wal/bench/append.ts */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { crc32c } from "@nodetcd/bytes";
import type { Entry } from "@nodetcd/messages";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { RecordBuffer } from "../src/record-buffer.ts";
import { createWal } from "../src/wal.ts";

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function rate(count: number, work: () => void): number {
  const rates: number[] = [];
  for (let round = 0; round < 9; round++) {
    const start = performance.now();
    work();
    rates.push(count / (performance.now() - start) / 1000);
  }
  return median(rates);
}

const data = Buffer.alloc(256, 0x5a);
const batch: Entry[] = Array.from({ length: 1000 }, (_, i) => ({
  type: 0,
  term: 3,
  index: 1_000_000 + i,
  data,
}));
const records = new RecordBuffer(0);
const ROUNDS = 300;
const framing = rate(ROUNDS * 1000, () => {
  for (let round = 0; round < ROUNDS; round++) {
    for (const entry of batch) records.addEntry(entry);
    records.reset();
  }
});
let sum = 0;
const checksum = rate(ROUNDS * 1000, () => {
  const body = Buffer.alloc(268, 1);
  for (let i = 0; i < ROUNDS * 1000; i++) sum = crc32c(sum, body);
});
const apart = 1 / (1 / framing - 1 / checksum);
console.log(
  `framing 256-byte entries: ${framing.toFixed(2)} M/s; checksum alone ${checksum.toFixed(2)} M/s; framing apart from it ${apart.toFixed(2)} M/s`,
);

const directory = mkdtempSync(join(tmpdir(), "wal-bench-"));
for (const size of [1, 16, 256, 1000]) {
  const wal = await createWal(
    { clock: nodeClock, disk: nodeDisk },
    `${directory}/${size}`,
    new Uint8Array(8),
  );
  const list = batch.slice(0, size);
  const latencies: number[] = [];
  const start = performance.now();
  for (let i = 0; i < 1000 && performance.now() - start < 3000; i++) {
    const begin = performance.now();
    await wal.append(undefined, list);
    latencies.push(performance.now() - begin);
  }
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): string =>
    (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(3);
  console.log(
    `append of ${size}: ${Math.round((latencies.length * size) / seconds)} entries/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${latencies.at(-1)?.toFixed(3)} ms`,
  );
  await wal.close();
}
rmSync(directory, { recursive: true });

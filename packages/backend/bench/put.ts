/**
 * Puts with their commits, and what they cost the event loop.
 * Run: npx tsx --conditions=@nodetcd/source packages/backend/bench/put.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { type Backend, openBackend } from "../src/backend.ts";

const COUNT = Number(process.env["COUNT"] ?? 400_000);
const PER_TURN = Number(process.env["PER_TURN"] ?? 200);
const value = Buffer.alloc(256, 0x61);
const directory = mkdtempSync(join(tmpdir(), "backend-bench-"));

function key(n: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(18);
  bytes.writeUInt32BE(0, 0);
  bytes.writeUInt32BE(n, 4);
  bytes[8] = 0x5f;
  bytes.fill(0, 9);
  return bytes;
}

/** Turns of the loop while 10,000 changes are committed, and as many turns without anything to do. */
async function measureCommits(backend: Backend): Promise<void> {
  const busy: number[] = [];
  const idle: number[] = [];
  for (let commit = 0; commit < 10; commit++) {
    for (let n = 0; n < 10_000; n++) backend.put("key", key(COUNT + commit * 10_000 + n), value);
    let done = false;
    void backend.commit().then(() => (done = true));
    for (const turns of [busy, idle]) {
      for (let n = 0; turns === busy ? !done : n < 2000; n++) {
        const turn = performance.now();
        await nodeClock.yield();
        turns.push(performance.now() - turn);
      }
    }
  }
  const describe = (turns: number[]): string => {
    turns.sort((a, b) => a - b);
    return `p99 ${turns[Math.floor(turns.length * 0.99)]?.toFixed(1)}, max ${turns.at(-1)?.toFixed(1)}`;
  };
  console.log(
    `  turns during commits of 10,000: ${describe(busy)} ms; idle turns: ${describe(idle)} ms`,
  );
}

for (let round = 0; round < 3; round++) {
  const commits: number[] = [];
  const backend = openBackend({ clock: nodeClock, disk: nodeDisk }, `${directory}/db-${round}`, {
    onCommitDuration: (seconds) => commits.push(seconds * 1000),
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let longest = 0;
  let last = performance.now();
  const start = last;
  for (let n = 0; n < COUNT;) {
    for (const end = Math.min(COUNT, n + PER_TURN); n < end; n++) backend.put("key", key(n), value);
    if (backend.isOverloaded) await backend.whenWritable();
    last = performance.now();
    await nodeClock.yield();
    longest = Math.max(longest, performance.now() - last);
  }
  await backend.commit();
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  commits.sort((a, b) => a - b);
  const reads = performance.now();
  let found = 0;
  for (let n = 0; n < 200_000; n++)
    if (backend.get("key", key((n * 7919) % COUNT)) !== undefined) found++;
  const readRate = found / (performance.now() - reads);
  console.log(
    `${Math.round(COUNT / seconds)} puts/s; ${commits.length} commits, median ${commits[commits.length >> 1]?.toFixed(0)} ms, ` +
      `longest ${commits.at(-1)?.toFixed(0)} ms; longest other slice ${longest.toFixed(1)} ms; ` +
      `loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms; ` +
      `random gets ${readRate.toFixed(0)}k/s; file ${(backend.size() / 1e6).toFixed(0)} MB`,
  );
  await measureCommits(backend);
  if (round === 2) {
    const before = performance.now();
    let slowest = 0;
    let done = false;
    const defragmenting = backend.defragment().then(() => (done = true));
    while (!done) {
      const turn = performance.now();
      await nodeClock.yield();
      slowest = Math.max(slowest, performance.now() - turn);
    }
    await defragmenting;
    console.log(
      `defragment: ${(performance.now() - before).toFixed(0)} ms, longest slice ${slowest.toFixed(1)} ms`,
    );
  }
  await backend.close();
}
rmSync(directory, { recursive: true });

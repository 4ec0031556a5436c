import { rmSync } from "node:fs";
import { join } from "node:path";
import { freePort, run, temporaryDirectory } from "../../tests/processes.ts";
import { Part, percentile, processorSeconds, residentMb } from "./parts.ts";

const RUNS = 5;

/** One process with all parts, in an empty folder and again: until the API and until kubectl answers. */
export async function measureStart(): Promise<void> {
  const folder = temporaryDirectory("nodetcd-bench-jobs");
  const api: number[] = [];
  const kubectl: number[] = [];
  const memory: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const port = await freePort();
    const began = performance.now();
    const part = new Part("all", port, [`--data-dir=${folder}`, `--listen=127.0.0.1:${port}`]);
    await part.answers();
    api.push(performance.now() - began);
    const flags = ["-s", part.url, `--cache-dir=${join(folder, "kubectl")}`, "get", "jobs"];
    const done = await run("kubectl", flags);
    if (done.status === 0) kubectl.push(performance.now() - began);
    else console.log(`MISSING: kubectl does not answer: ${done.stderr}`);
    memory.push(residentMb(part.process));
    processor.push(processorSeconds(part.process) * 1_000);
    await part.process.stop();
  }
  rmSync(folder, { recursive: true, force: true });
  const median = (values: readonly number[]): number => percentile(values, 0.5);
  console.log(
    `start, medians of ${RUNS}: API answers after ${median(api)} ms, kubectl after ${median(kubectl)} ms; ` +
      `${median(memory)} MB resident, ${median(processor)} ms of processor time`,
  );
}

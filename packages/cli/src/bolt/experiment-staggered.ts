import type { ReclaimPolicy, Transaction } from "@nodetcd/bolt";
import type { Disk } from "@nodetcd/runtime";
import { withExperiment, type Workload } from "./experiment-run.ts";

export interface StaggeredOptions extends Workload {
  /** Commits that each reader lives through. */
  readonly lifetime: number;
  /** Commits in all; the first `lifetime` of them fill up the readers. */
  readonly commits: number;
}

export interface StaggeredRun {
  readonly policy: ReclaimPolicy;
  /** Open at a time, once they are all there. */
  readonly readers: number;
  /** Pages by which the file grew. */
  readonly growth: number;
  /** Most pages that waited for readers, counted after a commit. */
  readonly peakPending: number;
  /** Growth in the second half of the run: 0 when the file has found its size. */
  readonly lateGrowth: number;
}

/**
 * Readers that overlap: every `lifetime / readers` commits a new one begins and the one that is
 * `lifetime` commits old ends, as with many clients that each read for a while.
 */
export function runStaggered(
  disk: Disk,
  policy: ReclaimPolicy,
  readers: number,
  options: StaggeredOptions,
): StaggeredRun {
  return withExperiment(disk, policy, options, (experiment) => {
    const begin = experiment.counts().highWater;
    const open: Transaction[] = [];
    let peakPending = 0;
    let half = begin;
    let highWater = begin;
    for (let commit = 0; commit < options.commits; commit++) {
      const due = Math.floor(((commit + 1) * readers) / options.lifetime);
      const begun = Math.floor((commit * readers) / options.lifetime);
      for (let i = begun; i < due; i++) {
        if (open.length === readers) open.shift()!.rollback();
        open.push(experiment.db.begin(false));
      }
      const counts = experiment.commit();
      peakPending = Math.max(peakPending, counts.pending);
      highWater = counts.highWater;
      if (commit + 1 === options.commits >>> 1) half = highWater;
    }
    for (const reader of open) reader.rollback();
    return {
      policy,
      readers,
      growth: highWater - begin,
      peakPending,
      lateGrowth: highWater - half,
    };
  });
}

/** A table in Markdown, one row for each number of readers and policy. */
export function staggeredTable(runs: readonly StaggeredRun[], pageSize: number): string {
  const header =
    "| readers | policy          | growth, pages | growth, KiB | of it in the second half | peak pending |\n" +
    "| ------: | --------------- | ------------: | ----------: | -----------------------: | -----------: |\n";
  const rows = runs.map(({ readers, policy, growth, lateGrowth, peakPending }) => {
    const kib = (growth * pageSize) / 1024;
    return (
      `| ${cell(readers, 7)} | ${policy.padEnd(15)} | ${cell(growth, 13)} | ${cell(kib, 11)} ` +
      `| ${cell(lateGrowth, 24)} | ${cell(peakPending, 12)} |\n`
    );
  });
  return header + rows.join("");
}

function cell(value: number, width: number): string {
  return String(value).padStart(width);
}

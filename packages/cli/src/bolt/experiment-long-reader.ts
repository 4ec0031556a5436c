import type { ReclaimPolicy } from "@nodetcd/bolt";
import type { Disk } from "@nodetcd/runtime";
import { type PageCounts, withExperiment } from "./experiment-run.ts";

export interface LongReaderOptions {
  /** Commits while the reader is open, and after it has gone. */
  readonly commits: number;
  readonly commitsAfter: number;
  /** Bytes of the one value that every commit overwrites. */
  readonly valueSize: number;
}

export interface LongReaderRun {
  readonly policy: ReclaimPolicy;
  readonly options: LongReaderOptions;
  /** Element 0: when the reader begins. Then one for each commit, those with the reader first. */
  readonly counts: readonly PageCounts[];
}

/** The founding experiment: a reader is held open while one key is overwritten again and again. */
export function runLongReader(
  disk: Disk,
  policy: ReclaimPolicy,
  options: LongReaderOptions,
): LongReaderRun {
  const workload = { keys: 1, valueSize: options.valueSize };
  return withExperiment(disk, policy, workload, (experiment) => {
    const counts = [experiment.counts()];
    const reader = experiment.db.begin(false);
    for (let i = 0; i < options.commits; i++) counts.push(experiment.commit());
    reader.rollback();
    for (let i = 0; i < options.commitsAfter; i++) counts.push(experiment.commit());
    return { policy, options, counts };
  });
}

/** How the file grew while the reader was open. */
export interface Growth {
  readonly pages: number;
  /** The last commit that grew it; 0 when none did. */
  readonly lastAt: number;
}

export function growthWithReader({ counts, options }: LongReaderRun): Growth {
  const highWater = counts.map((count) => count.highWater);
  let lastAt = options.commits;
  while (lastAt > 0 && highWater[lastAt] === highWater[lastAt - 1]) lastAt--;
  return { pages: highWater[options.commits]! - highWater[0]!, lastAt };
}

/** "+192 pages, 3.00 a commit" or, when the growth came to an end, "+6 pages, none after commit 2". */
export function growthText(run: LongReaderRun): string {
  const { pages, lastAt } = growthWithReader(run);
  const { commits } = run.options;
  if (lastAt < commits) return `+${pages} pages, none after commit ${lastAt}`;
  return `+${pages} pages, ${(pages / commits).toFixed(2)} a commit`;
}

/** One row a commit, the runs side by side. */
export function longReaderTable(runs: readonly LongReaderRun[]): string {
  const { commits, commitsAfter } = runs[0]!.options;
  const lines = [
    `${" ".repeat(8)}${runs.map(({ policy }) => `    ${policy.padEnd(28)}`).join("")}`,
    `  commit${runs.map(() => "     pending    free  high-water").join("")}`,
  ];
  for (let commit = 0; commit <= commits + commitsAfter; commit++) {
    const columns = runs.map(({ counts }) => {
      const { pending, free, highWater } = counts[commit]!;
      return `${cell(pending, 12)}${cell(free, 8)}${cell(highWater, 12)}`;
    });
    lines.push(`${cell(commit, 8)}${columns.join("")}`);
    if (commit === 0) lines.push("          the reader begins");
    if (commit === commits) lines.push("          the reader ends");
  }
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

/** What the table shows, a line for each run. */
export function longReaderSummary(runs: readonly LongReaderRun[]): string {
  const lines = runs.map((run) => `${run.policy.padEnd(17)}${growthText(run)}\n`);
  return `While the reader lived the file grew by:\n${lines.join("")}`;
}

function cell(value: number, width: number): string {
  return String(value).padStart(width);
}

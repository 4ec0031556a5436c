import type { BucketStats } from "@nodetcd/bolt";
import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";

export const stats: BoltCommand = {
  use: "stats <bbolt-file>",
  short: "sum up pages, depth, keys and bytes",
  long: `Walks every bucket of the database, or of those whose name begins with a second
argument, and sums up pages, keys and bytes.

Nothing is checked on the way: for damage, see "nodetcd bolt check".
`,
  args: [1, 2],
  run: (call) => {
    const [path, prefix = ""] = call.args;
    const start = Buffer.from(prefix);
    const found: BucketStats[] = [];
    withDatabase(call, path!, (db) =>
      db.view((tx) =>
        tx.forEach((name, bucket) => {
          if (start.equals(name.subarray(0, start.length))) found.push(bucket.stats());
        }),
      ),
    );
    call.out.write(report(found));
  },
};

/** As bbolt reckons: in 32-bit floating point, cut to whole percents. */
function percent(part: number, whole: number): number {
  if (whole === 0) return 0;
  const scaled = Math.fround(Math.fround(part) * 100);
  return Math.trunc(Math.fround(scaled / Math.fround(whole)));
}

function report(found: readonly BucketStats[]): string {
  const sum = (field: keyof BucketStats): number =>
    found.reduce((total, one) => total + one[field], 0);
  const share = (part: keyof BucketStats, whole: keyof BucketStats): string =>
    `${sum(part)} (${percent(sum(part), sum(whole))}%)`;
  const depth = found.reduce((deepest, one) => Math.max(deepest, one.depth), 0);
  return `Aggregate statistics for ${found.length} buckets

Page count statistics
	Number of logical branch pages: ${sum("branchPages")}
	Number of physical branch overflow pages: ${sum("branchOverflowPages")}
	Number of logical leaf pages: ${sum("leafPages")}
	Number of physical leaf overflow pages: ${sum("leafOverflowPages")}
Tree statistics
	Number of keys/value pairs: ${sum("keys")}
	Number of levels in B+tree: ${depth}
Page size utilization
	Bytes allocated for physical branch pages: ${sum("branchAllocated")}
	Bytes actually used for branch data: ${share("branchUsed", "branchAllocated")}
	Bytes allocated for physical leaf pages: ${sum("leafAllocated")}
	Bytes actually used for leaf data: ${share("leafUsed", "leafAllocated")}
Bucket statistics
	Total number of buckets: ${sum("buckets")}
	Total number on inlined buckets: ${share("inlineBuckets", "buckets")}
	Bytes used for inlined buckets: ${share("inlineBucketUsed", "leafUsed")}
`;
}

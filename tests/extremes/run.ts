/**
 * Requests that no ordinary client sends, on real etcd and on nodetcd: the answers must be alike.
 * `SELF=1` runs real etcd against itself. Arguments: only the cases whose names contain one of them
 * (those that prepare the data always run).
 */
import { isAtLeast, peer, sayMissing } from "../peers.ts";
import { PRELUDE } from "./cases/kv.ts";
import { CASES, compareCases } from "./trial.ts";

async function main(): Promise<void> {
  const reference = peer("etcd");
  const subject = process.env["SELF"] === "1" ? reference : peer("nodetcd");
  if (reference === undefined || subject === undefined) {
    console.log("0 cases: nothing was compared");
    return;
  }
  if (!isAtLeast(reference.version, "3.7")) {
    sayMissing(`etcd 3.7 (here is ${reference.version}, which behaves otherwise)`);
    return;
  }
  const wanted = process.argv.slice(2);
  const cases = CASES.filter(
    (each) =>
      wanted.length === 0 ||
      PRELUDE.includes(each) ||
      wanted.some((part) => each.name.includes(part)),
  );
  const differences = await compareCases(cases, reference, subject);
  for (const { name, reference: expected, subject: got } of differences) {
    console.log(`DIFFERENCE: ${name}\n  -   ${expected}\n  +   ${got}`);
  }
  console.log(`${cases.length - differences.length} cases alike, ${differences.length} differ`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}

await main();

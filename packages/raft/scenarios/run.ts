import { relative } from "node:path";
import { describeMismatch } from "./difference.ts";
import { findScenarios, runScenario } from "./scenario.ts";

/**
 * `run.ts PATH... [--rewrite]`: runs every scenario under the paths and prints which passed. With
 * `--rewrite` the files get the outputs that came: read the difference before you keep it.
 */
function main(args: readonly string[]): number {
  const rewrite = args.includes("--rewrite");
  const paths = args.filter((arg) => !arg.startsWith("--"));
  if (paths.length === 0) {
    process.stderr.write("usage: raft:scenarios DIR... [--rewrite]\n");
    return 2;
  }
  let passed = 0;
  let failed = 0;
  for (const path of paths) {
    for (const file of findScenarios(path)) {
      const name = relative(path, file) || file;
      const { commands, mismatch } = runScenario(file, rewrite);
      if (mismatch === undefined) {
        passed++;
        process.stdout.write(`passed     ${name} (${commands} commands)\n`);
      } else {
        failed++;
        process.stdout.write(`${rewrite ? "rewritten" : "FAILED   "}  ${name}\n`);
        process.stdout.write(`${describeMismatch(mismatch)}\n`);
      }
    }
  }
  process.stdout.write(`${passed} passed, ${failed} ${rewrite ? "rewritten" : "failed"}\n`);
  return passed + failed === 0 || (failed > 0 && !rewrite) ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));

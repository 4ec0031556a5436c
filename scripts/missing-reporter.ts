import type { UserConsoleLog } from "vitest";
import type { Reporter, TestModule, Vitest } from "vitest/node";

const MISSING = "MISSING: ";

/**
 * Repeats at the end of a run what real parts were missing: the lines `MISSING: ...` that tests wrote. A
 * test that was skipped although its file wrote no such line fails the run: nobody would know of it.
 */
export default class MissingReporter implements Reporter {
  /** By the id of a test file. */
  readonly #said = new Map<string, Set<string>>();
  #isPart = false;

  onInit(vitest: Vitest): void {
    this.#isPart = vitest.config.testNamePattern !== undefined;
  }

  onUserConsoleLog({ content, taskId = "" }: UserConsoleLog): void {
    // The id of a test is that of its file, and numbers after underscores.
    const [file = ""] = taskId.split("_");
    for (const line of content.split("\n")) {
      if (!line.startsWith(MISSING)) continue;
      const lines = this.#said.get(file);
      if (lines === undefined) this.#said.set(file, new Set([line]));
      else lines.add(line);
    }
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = new Set([...this.#said.values()].flatMap((said) => [...said]));
    if (lines.size > 0) console.log(`\n${[...lines].sort().join("\n")}`);
    if (this.#isPart) return;
    for (const module of modules) {
      if (this.#said.has(module.id)) continue;
      for (const test of module.children.allTests("skipped")) {
        const result = test.result();
        if (result.state === "skipped" && result.note !== undefined) continue;
        console.error(`skipped without a word: ${module.relativeModuleId} > ${test.fullName}`);
        process.exitCode = 1;
      }
    }
  }
}

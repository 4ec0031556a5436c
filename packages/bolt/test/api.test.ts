import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseScenario, playHere, sameAnswer } from "./api/scenario.ts";

const SCENARIOS = fileURLToPath(new URL("./api/scenarios/", import.meta.url));

/** What the real bbolt answered is in the scenarios; `bench/api.ts` asks it again. */
describe("bbolt's API, as recorded from bbolt", () => {
  for (const name of fs.readdirSync(SCENARIOS)) {
    test(name, async () => {
      const steps = parseScenario(fs.readFileSync(SCENARIOS + name, "utf8"));
      const answers = await playHere(steps.map(({ command }) => command));
      for (const [at, { command, bbolt = "", ours }] of steps.entries()) {
        const answer = answers[at]!;
        const good = ours === undefined && sameAnswer(answer, bbolt);
        expect(good ? bbolt : answer, `command ${at}: ${command}`).toBe(ours ?? bbolt);
      }
    });
  }
});

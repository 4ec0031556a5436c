import { afterEach, describe, expect, test } from "vitest";
import * as raft from "@nodetcd/raft";
import { explore } from "../schedules/explore.ts";
import { loadWithBug, PLANTED_BUGS } from "../schedules/planted-bugs.ts";

const SEED = Number(process.env["SEED"] ?? 1);

describe(`random schedules (SEED=${SEED})`, () => {
  test("keep the invariants of the paper's figure 3", () => {
    expect(explore(raft, SEED, 1_000 * Number(process.env["TIMES"] ?? 1))).toBeUndefined();
  });

  test.each(["vote lost in a crash", "messages sent before the write"] as const)(
    "find the canary: %s",
    (fault) => {
      expect(explore(raft, SEED, 10_000, fault)?.error.name).toBe("Violation");
    },
  );

  describe("find each planted bug", () => {
    let dispose = (): void => undefined;
    afterEach(() => dispose());

    test.each(PLANTED_BUGS)("$name", async (bug) => {
      const planted = await loadWithBug(bug);
      dispose = planted.dispose;
      expect(explore(planted.library, SEED, 10_000)?.error.name).toBe("Violation");
    });
  });
});

import { expect, test } from "vitest";
import { type ProgramOptions, type Step, writeProgram } from "../differential/program.ts";
import { compareRun, shrink } from "../differential/trial.ts";
import { isAtLeast, peer, sayMissing } from "../peers.ts";
import { chosenSeed } from "../seeded.ts";

const OPTIONS: ProgramOptions = {
  steps: 200,
  serverLeaseIds: false,
  rangeStream: true,
  hash: true,
  invalidSorts: true,
};

test("a random program runs on nodetcd as on real etcd", { timeout: 120_000 }, async () => {
  const reference = peer("etcd");
  const subject = peer("nodetcd");
  if (reference === undefined || subject === undefined) return;
  if (!isAtLeast(reference.version, "3.7")) {
    sayMissing(`etcd 3.7 (here is ${reference.version}): no random program was compared`);
    return;
  }
  const seed = chosenSeed();
  const mismatch = await compareRun(writeProgram(seed, OPTIONS), reference, subject);
  expect(mismatch, `SEED=${seed}`).toBeUndefined();
});

test("writeProgram() repeats a program by its seed", () => {
  expect(writeProgram(7, OPTIONS)).toEqual(writeProgram(7, OPTIONS));
  expect(writeProgram(7, OPTIONS)).not.toEqual(writeProgram(8, OPTIONS));
});

test("shrink() leaves the steps that a mismatch needs", async () => {
  const program = writeProgram(3, { ...OPTIONS, steps: 60 });
  const needed = [program[11], program[40]];
  const fails = (
    steps: readonly Step[],
  ): Promise<{ step: number; reference: string; subject: string } | undefined> => {
    const last = steps.findLastIndex((step) => step === needed[1]);
    const both = needed.every((step) => step !== undefined && steps.includes(step));
    return Promise.resolve(both ? { step: last, reference: "a", subject: "b" } : undefined);
  };
  const small = await shrink(program, { step: 40, reference: "a", subject: "b" }, fails, 5000);
  expect(small.program).toEqual(needed);
});

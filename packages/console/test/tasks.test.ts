import { nodeRuntime } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { gates } from "../src/tasks/gates.ts";
import { defragmentOrder } from "../src/tasks/defragment.ts";
import { type Step, Task } from "../src/task.ts";
import type { MemberReport } from "../src/members/ask-members.ts";
import type { Sample } from "../src/samples/sample.ts";

const about = { id: "1", kind: "defragment", title: "Try", by: "a test" } as const;

function report(id: bigint, more: Partial<MemberReport> = {}, learner = false): MemberReport {
  return {
    member: {
      id,
      name: `m${id}`,
      peerUrls: [],
      clientUrls: ["http://127.0.0.1:1"],
      isLearner: learner,
    },
    status: { raftIndex: 10 } as NonNullable<MemberReport["status"]>,
    metrics: undefined,
    error: "",
    metricsError: "",
    ...more,
  };
}

const sample = (more: Partial<Sample> = {}): Sample => ({
  at: 1,
  cluster: "c",
  revision: 1,
  oldest: 1,
  leader: "2",
  alarms: [],
  members: [],
  ...more,
});

test("defragmentOrder: learners, then followers, the leader last", () => {
  const order = defragmentOrder([report(1n), report(2n), report(3n, {}, true)], "2");
  expect(order.map(({ member }) => member.id)).toEqual([3n, 1n, 2n]);
});

test("gates: a silent member, no leader, lag, corruption, a slow disk each close one", () => {
  const closed = (reports: MemberReport[], of: Sample): string[] =>
    gates({ at: 1, reports, sample: of }, 100)
      .filter(({ holds }) => !holds)
      .map(({ id }) => id);
  const both = [report(1n), report(2n)];
  expect(closed(both, sample())).toEqual([]);
  const silent = report(1n, { status: undefined, error: "connection refused" });
  expect(closed([silent, report(2n)], sample())).toEqual(["answer"]);
  expect(closed(both, sample({ leader: "" }))).toEqual(["leader"]);
  expect(closed(both, sample({ members: [{ id: "1", behind: 101 }] }))).toEqual(["caught-up"]);
  expect(closed(both, sample({ alarms: ["CORRUPT 1"] }))).toEqual(["corrupt"]);
  expect(closed(both, sample({ members: [{ id: "1", fsyncMs: 150 }] }))).toEqual(["fsync"]);
});

test("Task: steps in order; the first failure ends it, what is left is skipped", async () => {
  const ran: string[] = [];
  const step = (label: string, fail = false): Step => ({
    label,
    run: async () => {
      ran.push(label);
      if (fail) throw new Error("no disk");
      return `${label} done`;
    },
  });
  const task = new Task(nodeRuntime.clock, about, [step("a"), step("b", true), step("c")]);
  expect(task.running).toBe(true);
  await task.ended;
  expect(ran).toEqual(["a", "b"]);
  expect(task.view.state).toBe("failed");
  expect(task.view.steps.map(({ state, detail }) => [state, detail])).toEqual([
    ["done", "a done"],
    ["failed", "no disk"],
    ["skipped", ""],
  ]);
});

test("Task: stopped, it lets the step finish and begins no other", async () => {
  let go = (): void => undefined;
  const first: Step = {
    label: "first",
    run: async ({ hold }) => {
      hold("waiting for the test");
      await new Promise<void>((resolve) => (go = resolve));
      return "finished";
    },
  };
  const task = new Task(nodeRuntime.clock, about, [
    first,
    { label: "second", run: async () => "" },
  ]);
  await nodeRuntime.clock.yield();
  expect(task.view.state).toBe("holding");
  task.stop();
  go();
  await task.ended;
  expect(task.view.state).toBe("stopped");
  expect(task.view.steps.map(({ state }) => state)).toEqual(["done", "skipped"]);
});

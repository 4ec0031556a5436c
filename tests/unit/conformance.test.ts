import { join } from "node:path";
import { expect, test } from "vitest";
import { compareScenario, describe as describeDifference } from "../conformance/compare.ts";
import { normalise, outputText } from "../conformance/normalise.ts";
import { readScenario, splitWords } from "../conformance/scenario.ts";
import { isAtLeast, peer, peers, ROOT } from "../peers.ts";

const SCENARIOS = join(ROOT, "tests", "conformance", "scenarios");
/** A quick one; `npm run prove -- conformance` runs all, with every etcdctl at hand. */
const QUICK = "compaction";

test("etcdctl prints the same on nodetcd as on real etcd", { timeout: 120_000 }, async () => {
  const reference = peer("etcd");
  const subject = peer("nodetcd");
  const etcdctl = peer("etcdctl");
  if (reference === undefined || subject === undefined || etcdctl === undefined) return;
  const scenario = readScenario(join(SCENARIOS, `${QUICK}.txt`));
  const programs = { reference, subject, etcdctl };
  const { commands, differences } = await compareScenario(scenario, programs);
  expect(differences.map(describeDifference).join("\n")).toBe("");
  expect(commands).toBeGreaterThan(20);
});

test(
  "a comparison of etcd with a different etcd finds the difference",
  { timeout: 60_000 },
  async () => {
    const [one, other] = peers("etcd");
    const [etcdctl] = peers("etcdctl");
    if (one === undefined || other === undefined || etcdctl === undefined) {
      console.warn("MISSING: a second version of etcd; that differences are found was not checked");
      return;
    }
    const scenario = readScenario(join(SCENARIOS, "cluster.txt"));
    const steps = scenario.steps.filter(
      (step) => step.kind === "command" && step.args.includes("json"),
    );
    const programs = isAtLeast(one.version, "3.7")
      ? { reference: one, subject: other, etcdctl }
      : { reference: other, subject: one, etcdctl };
    const { differences } = await compareScenario({ name: "cluster", steps }, programs);
    expect(differences.map(({ args }) => args.join(" "))).toContain("endpoint status -w json");
  },
);

test("splitWords() splits like a shell", () => {
  expect(splitWords(`get 'a b' "c\\nd\\"" e''f ''`)).toEqual(["get", "a b", 'c\nd"', "ef", ""]);
});

test("normalise() hides ids, durations and the width of tables, and nothing else", () => {
  const names = new Map([["127.0.0.1:2379", "<ENDPOINT>"]]);
  const health = "127.0.0.1:2379 is healthy: successfully committed proposal: took = 1.2345ms\n";
  expect(normalise(health, ["endpoint", "health"], names)).toBe(
    "<ENDPOINT> is healthy: successfully committed proposal: took = <TOOK>\n",
  );
  const table = "+----+\n| 1  |\n+----+\n";
  expect(normalise(table, [], names)).toBe("+--+\n|1|\n+--+\n");
  const value = '{"header":{"revision":12,"raft_term":3},"kvs":[{"key":"Zm9v","version":4}]}';
  expect(normalise(value, [], names)).toBe(value.replace('"raft_term":3', '"raft_term":<TERM>'));
});

test("outputText() decodes protobuf output", () => {
  const put = Buffer.from([0x0a, 0x02, 0x18, 0x07]);
  expect(outputText(put, ["put", "k", "v", "-w", "protobuf"])).toContain('"revision":7');
});

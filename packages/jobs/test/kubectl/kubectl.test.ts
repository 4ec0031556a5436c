import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { startEtcd } from "nodetcd";
import { describe, expect, test } from "vitest";
import { type OwnLogs, ObjectStore, startApi, startControllers } from "../../src/jobs.ts";
import { findKubectl, runScenario } from "./run-scenario.ts";

const FOLDER = join(import.meta.dirname, "scenarios");
const kubectl = findKubectl();

const LINES = ["first line", "second line", "third line"];

/** Three lines for every container; its pods are on no node. */
const logs: OwnLogs = {
  nodeName: "",
  open: ({ tailLines = LINES.length }) =>
    Promise.resolve(
      (async function* () {
        for (const line of LINES.slice(-tailLines)) yield Buffer.from(`${line}\n`);
      })(),
    ),
};

async function transcript(text: string): Promise<string> {
  const etcd = await startEtcd({ listen: false });
  const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime });
  const common = { store, runtime: nodeRuntime, logger: silentLogger };
  const api = await startApi({ ...common, logs });
  const controllers = text.split("\n", 1)[0]!.includes("with controllers")
    ? startControllers({ ...common, identity: "test" })
    : undefined;
  try {
    return await runScenario(text, api.url);
  } finally {
    await controllers?.stop();
    await api.stop();
    await etcd.stop();
  }
}

/** Each scenario is commands with what they print; `vitest -u` writes the outputs anew. */
describe.skipIf(kubectl === undefined)("kubectl", () => {
  for (const name of readdirSync(FOLDER)) {
    test.concurrent(`prints what ${name} says`, async ({ expect: check }) => {
      const file = join(FOLDER, name);
      await check(await transcript(readFileSync(file, "utf8"))).toMatchFileSnapshot(file);
    });
  }
});

test("scenarios are there", () => {
  expect(readdirSync(FOLDER)).not.toHaveLength(0);
});

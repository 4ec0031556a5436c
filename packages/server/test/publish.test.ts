import { openBackend } from "@nodetcd/backend";
import { silentLogger } from "@nodetcd/runtime";
import { nodeDisk, nodeRuntime } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { defaultConfig } from "../src/config.ts";
import { publish, type PublishContext } from "../src/publish.ts";
import { AppliedIndex } from "../src/state/applied-index.ts";

test("publish() proposes again when a leader's snapshot may have brought what it had proposed", async () => {
  const folder = nodeDisk.makeTemporaryDirectory("publish-");
  const backend = openBackend(nodeRuntime, `${folder}/db`);
  const applied = new AppliedIndex(backend, 0, 0);
  let proposals = 0;
  const proposer = {
    proposeMessage: () => {
      proposals++;
      return proposals === 1 ? new Promise(() => undefined) : Promise.resolve(new Uint8Array(0));
    },
  } as unknown as PublishContext["proposer"];
  const ids = { memberId: 1n, clusterId: 2n };
  const context = { proposer, applied, logger: silentLogger, runtime: nodeRuntime, ...ids };
  const published = publish({ ...context, config: defaultConfig }, [], () => false);
  expect(proposals).toBe(1);
  applied.jump(100, 2);
  await published;
  expect(proposals).toBe(2);
  await backend.close();
  nodeDisk.removeTree(folder);
});

import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { startEtcd } from "nodetcd";
import { expect, it } from "vitest";
import { ObjectStore, startApi, startControllers } from "../../src/jobs.ts";

it("all keys are below the store's prefix, so that a role of etcd can be limited to it", async () => {
  const etcd = await startEtcd({ listen: false });
  const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime, prefix: "/here" });
  const common = { store, runtime: nodeRuntime, logger: silentLogger };
  const api = await startApi(common);
  const controllers = startControllers({ ...common, identity: "test" });
  const names = async (): Promise<string[]> => {
    const { keyValues } = await etcd.client.range("", { prefix: true, keysOnly: true });
    return keyValues.map(({ key }) => Buffer.from(key).toString());
  };
  await expect.poll(async () => (await names()).join()).toContain("controllers/");
  expect((await names()).filter((name) => !name.startsWith("/here/"))).toEqual([]);
  await controllers.stop();
  await api.stop();
  await etcd.stop();
});

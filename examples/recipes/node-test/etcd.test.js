import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { startEtcd } from "nodetcd";

const etcd = await startEtcd();
afterEach(() => etcd.reset());
after(() => etcd.stop());

test("a program lives through an outage", async () => {
  await etcd.seed({ "app/name": "demo" });
  etcd.faults.refuse();
  setTimeout(() => etcd.faults.clear(), 20);
  assert.equal((await etcd.client.get("app/name")).text(), "demo");
});

test("sees nothing of the test before", async () => {
  assert.equal(await etcd.client.get("app/name"), undefined);
});

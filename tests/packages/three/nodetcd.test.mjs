import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { connect, startEtcd } from "nodetcd";

let etcd;
before(async () => {
  etcd = await startEtcd();
});
afterEach(() => etcd.reset());
after(() => etcd.stop());

test("configuration: changes are seen, also those made while the connection was down", async () => {
  const changes = etcd.client.watch("config/", { prefix: true });
  await changes.ready;
  await etcd.client.put("config/colour", "green");
  assert.equal((await changes.next()).value.keyValue.text(), "green");
  etcd.faults.refuse();
  setTimeout(() => etcd.faults.clear(), 50);
  await etcd.client.put("config/colour", "blue");
  assert.equal((await changes.next()).value.keyValue.text(), "blue");
});

test("lock: of two contenders the second waits for the first", async () => {
  const order = [];
  const work = async (name) => {
    const lock = await etcd.client.lock("nightly");
    order.push(`${name} begins`);
    await etcd.client.get("something");
    order.push(`${name} ends`);
    await lock.unlock();
  };
  await Promise.all([work("a"), work("b")]);
  assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
});

test("election: another leads when the leader has died", async () => {
  const other = connect(etcd.endpoint);
  const leader = await other.election("scheduler").campaign("one");
  const next = etcd.client.election("scheduler").campaign("two");
  // The other one's renewals do not come within these two minutes, which take a second.
  await etcd.clock.advance("2m");
  assert.ok((await next).revision > leader.revision);
  assert.equal((await etcd.client.election("scheduler").leader()).text(), "two");
  other.close();
});

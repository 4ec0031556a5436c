// A program as users of the npm package `etcd3` write it: values, ranges, transactions, watches,
// leases, locks, elections and namespaces. Usage: node etcd3-client.mjs host:port
import assert from "node:assert/strict";
import { once } from "node:events";
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: process.argv[2], dialTimeout: 5000 });

await client.put("name").value("first");
assert.equal(await client.get("name").string(), "first");
assert.equal(await client.get("absent").string(), null);
const before = await client.put("name").value("second").getPrevious();
assert.equal(before.value.toString(), "first");

for (let i = 0; i < 50; i++)
  await client.put(`list/${String(i).padStart(2, "0")}`).value(String(i));
const listed = await client.getAll().prefix("list/").sort("Key", "Descend").limit(3).strings();
assert.deepEqual(listed, { "list/49": "49", "list/48": "48", "list/47": "47" });
assert.equal(await client.getAll().prefix("list/").count(), 50);
assert.equal((await client.delete().prefix("list/1")).deleted, "10");

const txn = await client
  .if("name", "Value", "==", "second")
  .then(client.put("name").value("third"), client.get("list/00"))
  .else(client.get("name"))
  .commit();
assert.equal(txn.succeeded, true);
assert.equal(txn.responses[1].response_range.kvs[0].value.toString(), "0");

const watcher = await client.watch().prefix("watched/").create();
const seen = [];
watcher.on("put", (kv) => seen.push(`put ${kv.key} ${kv.value}`));
watcher.on("delete", (kv) => seen.push(`delete ${kv.key}`));
await client.put("watched/a").value("1");
await client.delete().key("watched/a");
while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
assert.deepEqual(seen, ["put watched/a 1", "delete watched/a"]);
await watcher.cancel();

const lease = client.lease(60);
await lease.put("leased").value("v");
assert.equal(await client.get("leased").string(), "v");
await lease.revoke();
assert.equal(await client.get("leased").string(), null);

const lock = client.lock("lock");
await lock.acquire();
await assert.rejects(client.lock("lock").acquire(), /lock/i);
await lock.release();
assert.equal(await client.lock("lock").do(() => "held"), "held");

const election = client.election("race");
const campaign = election.campaign("me");
await once(campaign, "elected");
assert.equal(await election.leader(), "me");
await campaign.resign();

const space = client.namespace("space/");
await space.put("k").value("inside");
assert.equal(await client.get("space/k").string(), "inside");

const stm = await client.stm().transact(async (tx) => {
  const count = Number((await tx.get("count")) ?? "0");
  await tx.put("count").value(count + 1);
  return count + 1;
});
assert.equal(stm, 1);
await assert.rejects(
  client.get("name").revision("99999").string(),
  /required revision is a future revision/,
);

client.close();
console.log("etcd3: values, ranges, txn, watch, lease, lock, election, namespace, stm");

// Service discovery: an instance is a key with a lease that it keeps alive; who looks for instances has a list that follows.
import { startEtcd } from "nodetcd";

/** Registers until `close`; an instance that dies is gone after the time to live. */
async function register(client, service, id, address) {
  const lease = await client.leases.grant(10);
  lease.keepAlive();
  await client.put(`services/${service}/${id}`, JSON.stringify({ address }), { lease });
  return { close: () => lease.revoke() };
}

/** The instances now and from now on. */
async function discover(client, service, onChange) {
  const instances = new Map();
  const mirror = await client.mirror(`services/${service}/`);
  for await (const keyValue of mirror.base()) instances.set(keyValue.keyText(), keyValue.json());
  const updates = mirror.updates();
  const follow = async () => {
    for await (const { events } of updates) {
      for (const { type, keyValue } of events) {
        if (type === "put") instances.set(keyValue.keyText(), keyValue.json());
        else instances.delete(keyValue.keyText());
      }
      onChange([...instances.values()].map(({ address }) => address));
    }
  };
  const followed = follow();
  return { instances, close: () => updates.return().then(() => followed) };
}

const etcd = await startEtcd();
const { client } = etcd;
const first = await register(client, "web", "1", "10.0.0.1:80");

const lists = [];
let heard = () => undefined;
const list = await discover(client, "web", (addresses) => {
  lists.push(addresses.join(" ") || "nobody");
  heard();
});
const until = (count) =>
  new Promise((resolve) => {
    heard = () => lists.length >= count && resolve();
    heard();
  });
console.log("found", [...list.instances.values()].map(({ address }) => address).join(" "));

const crashed = await client.leases.grant(10); // nobody keeps it alive
await client.put("services/web/2", '{ "address": "10.0.0.2:80" }', { lease: crashed });
await until(1);
await etcd.clock.advance("30s");
await until(2);
await first.close();
await until(3);
console.log(lists.join(", then "));
await list.close();
await etcd.stop();

// Prints:
// found 10.0.0.1:80
// 10.0.0.1:80 10.0.0.2:80, then 10.0.0.1:80, then nobody

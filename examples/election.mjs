// One of several does the work; when it dies the next one does.
import { connect, startEtcd } from "nodetcd";

async function candidate(client, name) {
  // Its signal `lost` is aborted when the lease could not be renewed in time: give it to everything that the leader does.
  const leadership = await client.election("scheduler").campaign(name, { ttlSeconds: 10 });
  console.log(name, "leads");
  return leadership;
}

const etcd = await startEtcd();
// Each is a process of its own in real life.
const [one, two] = [connect(etcd.endpoint), etcd.client];

await candidate(one, "one");
const next = candidate(two, "two");
const seen = [];
for await (const leader of two.election("scheduler").observe()) {
  seen.push(leader.text());
  if (seen.length === 2) break;
  // The first one is cut off for a minute: it does not renew, and its place is free.
  await etcd.clock.advance("1m");
}
await (await next).resign();
console.log("leaders:", seen.join(", "));
one.close();
await etcd.stop();

// Prints:
// one leads
// two leads
// leaders: one, two

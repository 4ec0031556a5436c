// A lock that keeps work apart, and a fencing token for what is written under it: a process that was paused does not notice that its
// lease has run out, so each write asks whether the lock is still held.
import { compare, op, startEtcd } from "nodetcd";

async function report(client, name) {
  const lock = await client.lock("report", { ttlSeconds: 10 });
  try {
    // Everything that takes a signal ends when the lock is lost.
    const before = (await client.get("count", { signal: lock.lost }))?.text() ?? "0";
    const { succeeded } = await client
      .txn()
      .if(compare.createRevision(lock.key, "=", lock.revision))
      .then(op.put("count", String(Number(before) + 1)))
      .commit();
    console.log(name, succeeded ? "wrote" : "was too late");
  } finally {
    await lock.unlock();
  }
}

const etcd = await startEtcd();
await Promise.all(["a", "b", "c"].map((name) => report(etcd.client, name)));
console.log("count", (await etcd.client.get("count")).text());

const stale = await etcd.client.lock("report");
await etcd.client.delete(stale.key); // as if its lease had ended
const { succeeded } = await etcd.client
  .txn()
  .if(compare.createRevision(stale.key, "=", stale.revision))
  .then(op.put("count", "wrong"))
  .commit();
console.log("a holder that lost it", succeeded ? "wrote" : "was too late");
await etcd.stop();

// Prints:
// a wrote
// b wrote
// c wrote
// count 3
// a holder that lost it was too late

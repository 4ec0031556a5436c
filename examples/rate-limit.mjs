// A rate limit that several processes share: a counter for each window of time, which goes with a lease when the window is over.
import { compare, op, startEtcd } from "nodetcd";

/** True when `who` may go on: at most `limit` times in a window of so many seconds. */
async function mayPass(client, who, { limit, seconds }) {
  for (;;) {
    const key = `limits/${who}`;
    const found = await client.get(key);
    const count = Number(found?.text() ?? 0);
    if (count >= limit) return false;
    const lease = found === undefined ? await client.leases.grant(seconds) : undefined;
    const { succeeded } = await client
      .txn()
      .if(compare.modRevision(key, "=", found?.modRevision ?? 0))
      .then(op.put(key, String(count + 1), lease === undefined ? { ignoreLease: true } : { lease }))
      .commit();
    if (succeeded) return true;
    await lease?.revoke(); // somebody else was quicker
  }
}

const etcd = await startEtcd();
const rate = { limit: 3, seconds: 10 };
const attempts = (count) =>
  Promise.all(Array.from({ length: count }, () => mayPass(etcd.client, "ada", rate)));
const passed = (answers) => answers.filter(Boolean).length;

console.log("of ten", passed(await attempts(10)), "passed");
await etcd.clock.advance("15s");
console.log("a window later, of two", passed(await attempts(2)));
await etcd.stop();

// Prints:
// of ten 3 passed
// a window later, of two 2

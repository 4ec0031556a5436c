// A queue: jobs are keys in the order of their creation, and whoever deletes a key first has its job. A worker that dies gives its job back.
import { compare, op, startEtcd } from "nodetcd";

async function enqueue(client, job) {
  const { revision } = await client.put("queue/last", ""); // a number that only grows
  await client.put(`queue/todo/${String(revision).padStart(16, "0")}`, JSON.stringify(job));
}

/** The next job, waited for. Until `done` it is kept under `queue/doing/`, with a lease. */
async function take(client, signal) {
  for (;;) {
    const { keyValues, revision } = await client.range("queue/todo/", { prefix: true, limit: 1 });
    const [first] = keyValues;
    if (first === undefined) {
      const next = client.watch("queue/todo/", {
        prefix: true,
        ignore: "delete",
        startRevision: revision + 1,
        signal,
      });
      const { done } = await next.next();
      await next.return();
      if (done) return undefined;
      continue;
    }
    const lease = await client.leases.grant(30);
    lease.keepAlive();
    const doing = first.keyText().replace("todo", "doing");
    const { succeeded } = await client
      .txn()
      .if(compare.modRevision(first.key, "=", first.modRevision))
      .then(op.delete(first.key), op.put(doing, first.value, { lease }))
      .commit();
    if (succeeded) return { job: first.json(), done: () => lease.revoke() };
    await lease.revoke();
  }
}

const etcd = await startEtcd();
const { client } = etcd;
for (let number = 1; number <= 6; number++) await enqueue(client, { number });

const worked = [];
const end = new AbortController();
async function work() {
  for (;;) {
    const taken = await take(client, end.signal);
    if (taken === undefined) return;
    worked.push(taken.job.number);
    await taken.done();
    if (worked.length === 7) end.abort();
  }
}
const workers = Promise.all([work(), work(), work()]);
await enqueue(client, { number: 7 });
await workers;
console.log("each once:", worked.toSorted((a, b) => a - b).join(" "));
console.log(
  "left over:",
  (await client.range("queue/todo/", { prefix: true, countOnly: true })).count,
);
await etcd.stop();

// Prints:
// each once: 1 2 3 4 5 6 7
// left over: 0

// A program as users of the npm package `@kubernetes/client-node` write it: create, list, watch, patch and
// delete Jobs and CronJobs. Usage: node client.mjs http://host:port
import assert from "node:assert/strict";
import {
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromClusterAndUser(
  { name: "jobs", server: process.argv[2], skipTLSVerify: true },
  { name: "nobody" },
);
const batch = config.makeApiClient(BatchV1Api);
const core = config.makeApiClient(CoreV1Api);
const namespace = "default";

function jobSpec(command) {
  const containers = [{ name: "main", image: "busybox", command }];
  return { template: { spec: { restartPolicy: "Never", containers } } };
}

async function until(what, holds) {
  for (let attempt = 0; attempt < 300; attempt++) {
    const found = await holds();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

const seen = [];
const informer = makeInformer(config, `/apis/batch/v1/namespaces/${namespace}/jobs`, () =>
  batch.listNamespacedJob({ namespace }),
);
for (const verb of ["add", "update", "delete"]) {
  informer.on(verb, ({ metadata }) => seen.push(`${verb} ${metadata.name}`));
}
await informer.start();

const hello = { metadata: { name: "hello" }, spec: jobSpec(["sh", "-c", "echo hello"]) };
const created = await batch.createNamespacedJob({ namespace, body: hello });
assert.equal(created.spec.backoffLimit, 6);
assert.ok(created.metadata.creationTimestamp instanceof Date);
await assert.rejects(batch.createNamespacedJob({ namespace, body: hello }), { code: 409 });

const done = await until("the job to complete", async () => {
  const job = await batch.readNamespacedJob({ name: "hello", namespace });
  return job.status?.conditions?.some(({ type }) => type === "Complete") ? job : undefined;
});
assert.equal(done.status.succeeded, 1);
assert.ok(done.status.completionTime instanceof Date);
const pods = await core.listNamespacedPod({ namespace, labelSelector: "job-name=hello" });
assert.equal(pods.items.length, 1);
const log = { name: pods.items[0].metadata.name, namespace };
assert.equal(await core.readNamespacedPodLog(log), "hello\n");

const tick = {
  metadata: { name: "tick" },
  spec: { schedule: "@daily", jobTemplate: { spec: jobSpec(["true"]) } },
};
await batch.createNamespacedCronJob({ namespace, body: tick });
const patched = await batch.patchNamespacedCronJob(
  { name: "tick", namespace, body: { spec: { suspend: true } } },
  setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
);
assert.equal(patched.spec.suspend, true);
const replaced = structuredClone(patched);
replaced.spec.schedule = "@hourly";
await batch.replaceNamespacedCronJob({ name: "tick", namespace, body: replaced });
await assert.rejects(batch.replaceNamespacedCronJob({ name: "tick", namespace, body: replaced }), {
  code: 409,
});
const crons = await batch.listCronJobForAllNamespaces();
assert.deepEqual(
  crons.items.map(({ spec }) => [spec.schedule, spec.suspend]),
  [["@hourly", true]],
);

const phases = [];
const watch = await new Watch(config).watch(
  `/apis/batch/v1/namespaces/${namespace}/cronjobs`,
  { resourceVersion: crons.metadata.resourceVersion },
  (type, { metadata }) => phases.push(`${type} ${metadata.name}`),
  () => {},
);
await batch.deleteNamespacedCronJob({ name: "tick", namespace });
await until("the watch to show it", () => phases.includes("DELETED tick"));
watch.abort();

await batch.deleteNamespacedJob({ name: "hello", namespace, propagationPolicy: "Background" });
await until("the informer to show it", () => seen.includes("delete hello"));
assert.equal(seen[0], "add hello");
assert.ok(seen.includes("update hello"));
await until(
  "the pods to go",
  async () => (await core.listNamespacedPod({ namespace })).items.length === 0,
);
await assert.rejects(batch.readNamespacedJob({ name: "hello", namespace }), { code: 404 });
await informer.stop();
console.log("create, list, watch, informer, patch, replace, logs and delete of Jobs and CronJobs");
process.exit(0);

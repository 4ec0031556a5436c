import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiPart, ObjectStore, startApi } from "../../src/jobs.ts";
import { findKubectl, runScenario } from "./run-scenario.ts";

/** Programs `kubectl.1.27` and on beside the real kubectl, as some packages bring them. */
function findVersions(): { version: string; path: string }[] {
  const kubectl = findKubectl();
  if (kubectl === undefined) return [];
  const folder = dirname(realpathSync(kubectl));
  const found = Array.from({ length: 14 }, (_, i) => `1.${27 + i}`)
    .map((version) => ({ version, path: join(folder, `kubectl.${version}`) }))
    .filter(({ path }) => existsSync(path));
  if (found.length === 0)
    console.warn("MISSING: kubectl.1.NN beside kubectl: only one version is tested");
  return found;
}

const COMMANDS = `
$ kubectl create namespace team
$ kubectl create job hello --image=busybox -n team -- echo hello
$ kubectl get jobs -n team
$ printf 'apiVersion: batch/v1\\nkind: CronJob\\nmetadata: {name: tick}\\nspec:\\n  schedule: "@daily"\\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}\\n' > tick.yaml
$ kubectl apply -n team -f tick.yaml
$ sed -i 's/daily/hourly/' tick.yaml; kubectl apply -n team -f tick.yaml
$ kubectl create job now --from=cronjob/tick -n team
$ kubectl get cronjob tick -n team -o jsonpath='{.spec.schedule}'
$ sed -i 's/schedule/shedule/' tick.yaml; kubectl apply -n team -f tick.yaml; true
$ kubectl wait --for=jsonpath='{.spec.suspend}'=false job/hello -n team --timeout=10s
$ kubectl explain job.spec.suspend
$ kubectl auth can-i create jobs
$ kubectl delete job hello -n team
$ kubectl get all -n team
`;

const PRINTED = [
  "namespace/team created",
  "job.batch/hello created",
  "hello  Running  0/1",
  "cronjob.batch/tick created",
  "cronjob.batch/tick configured",
  "job.batch/now created",
  "@hourly",
  'unknown field "spec.shedule"',
  "job.batch/hello condition met",
  "no pods are started",
  "\nyes\n",
  'job.batch "hello" deleted',
  "cronjob.batch/tick  @hourly",
];

describe("kubectl of every version", () => {
  let etcd: Etcd;
  let api: ApiPart;
  beforeAll(async () => {
    etcd = await startEtcd({ listen: false });
  });
  afterAll(() => etcd.stop());

  test.each(findVersions())("$version works", async ({ version, path }) => {
    const prefix = `/registry-${version}`;
    const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime, prefix });
    api = await startApi({ store, runtime: nodeRuntime, logger: silentLogger });
    try {
      const printed = await runScenario(COMMANDS.replaceAll("kubectl ", `${path} `), api.url);
      for (const text of PRINTED) expect(printed).toContain(text);
    } finally {
      await api.stop();
    }
  });
});

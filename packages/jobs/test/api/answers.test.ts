import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiPart, ObjectStore, startApi } from "../../src/jobs.ts";

let etcd: Etcd;
let api: ApiPart;

beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
  const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime });
  api = await startApi({ store, runtime: nodeRuntime, logger: silentLogger });
});
afterAll(async () => {
  await api.stop();
  await etcd.stop();
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${api.url}${path}`, init);

const JOBS = "/apis/batch/v1/namespaces/default/jobs";

function postJob(name: string, restartPolicy: string): Promise<Response> {
  const containers = [{ name: "main", image: "busybox" }];
  const body = JSON.stringify({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { template: { spec: { restartPolicy, containers } } },
  });
  return ask(JOBS, { method: "POST", headers: { "Content-Type": "application/json" }, body });
}

describe("answers", () => {
  test("leave the connection open for longer than clients keep one: Go's do for 90 s", async () => {
    const answer = await ask("/version");
    await answer.text();
    expect(answer.headers.get("keep-alive")).toBe("timeout=120");
  });

  test("have line breaks for people: curl, browsers, and who asks for them", async () => {
    const text = async (path: string, agent: string): Promise<string> =>
      await (await ask(path, { headers: { "User-Agent": agent } })).text();
    expect(await text(JOBS, "curl/8")).toMatch(/^\{\n {2}"kind": "JobList"/);
    expect(await text(`${JOBS}/none`, "curl/8")).toMatch(/^\{\n {2}"kind": "Status"/);
    expect(await text(`${JOBS}?pretty=false`, "curl/8")).toMatch(/^\{"kind"/);
    expect(await text(JOBS, "kubectl/v1.36.3")).toMatch(/^\{"kind"/);
    expect(await text(`${JOBS}?pretty=true`, "kubectl/v1.36.3")).toMatch(/^\{\n/);
  });

  test("an unknown resource or subresource is a Status without a name, other paths are text", async () => {
    for (const path of [`${JOBS}/x/nothing`, "/api/v1/widgets", "/apis/apps/v1/deployments"]) {
      const answer = await ask(path);
      expect([answer.status, await answer.json()]).toMatchObject([
        404,
        {
          reason: "NotFound",
          details: {},
          message: "the server could not find the requested resource",
        },
      ]);
    }
    expect(await (await ask("/apis/nowhere")).text()).toBe("404 page not found\n");
  });

  test("there are no custom kinds, which kubectl asks for when it does not know a kind", async () => {
    const answer = await ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=500");
    expect(await answer.json()).toMatchObject({ kind: "CustomResourceDefinitionList", items: [] });
  });

  test("warn of what was created, not of what was refused", async () => {
    const refused = await postJob("dotted.name", "Sometimes");
    expect([refused.status, refused.headers.get("warning")]).toEqual([422, null]);
    const created = await postJob("dotted.name", "Never");
    expect([created.status, created.headers.get("warning")]).toEqual([
      201,
      expect.stringContaining("a DNS label is recommended"),
    ]);
  });

  test("tell all that is wrong with a watch", async () => {
    const answer = await ask(`${JOBS}?watch=true&resourceVersionMatch=Exact&resourceVersion=1`);
    expect(await answer.json()).toMatchObject({
      code: 422,
      details: {
        causes: [{ reason: "FieldValueForbidden" }, { reason: "FieldValueNotSupported" }],
      },
    });
  });
});

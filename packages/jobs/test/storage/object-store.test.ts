import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  CRON_JOBS,
  type CronJob,
  ApiError,
  type ConfigMap,
  CONFIG_MAPS,
  isReason,
  type Job,
  JOBS,
  ObjectStore,
  type Pod,
  PODS,
} from "../../src/jobs.ts";

let etcd: Etcd;
let store: ObjectStore;
let prefix = 0;

beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
});
afterAll(() => etcd.stop());
beforeEach(() => {
  store = new ObjectStore({
    client: etcd.client,
    runtime: nodeRuntime,
    prefix: `/registry-${++prefix}`,
  });
});

function configMap(name: string, labels: Record<string, string> = {}): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", labels },
    data: { key: "value" },
  };
}

function job(name: string): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "default" },
    spec: { template: { spec: { containers: [{ name: "main" }], restartPolicy: "Never" } } },
  };
}

async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (raised: unknown) => raised,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`no ApiError but ${String(error)}`);
}

describe("ObjectStore.create", () => {
  test("gives identity, time and revision, and stores what Kubernetes' keys say", async () => {
    const created = await store.create(CONFIG_MAPS, configMap("a"));
    expect(created.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
    expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const stored = await etcd.client.get(`/registry-${prefix}/configmaps/default/a`);
    expect(stored?.modRevision).toBe(Number(created.metadata.resourceVersion));
    expect(stored?.text()).not.toContain("resourceVersion");
    expect(await store.get(CONFIG_MAPS, "default", "a")).toEqual(created);
  });

  test("refuses what is there", async () => {
    await store.create(JOBS, job("a"));
    const error = await failure(store.create(JOBS, job("a")));
    expect(error.toStatus()).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'jobs.batch "a" already exists',
      reason: "AlreadyExists",
      details: { name: "a", group: "batch", kind: "jobs" },
      code: 409,
    });
  });

  test("makes a name from generateName", async () => {
    const draft = configMap("");
    draft.metadata.generateName = "made-";
    const created = await store.create(CONFIG_MAPS, draft);
    expect(created.metadata.name).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("keeps fields that no type names", async () => {
    const draft = { ...configMap("a"), unheardOf: { deep: [1] } };
    await store.create(CONFIG_MAPS, draft);
    expect(await store.get(CONFIG_MAPS, "default", "a")).toHaveProperty("unheardOf.deep", [1]);
  });
});

describe("ObjectStore.create, of Jobs and CronJobs", () => {
  const spec = (labels?: Record<string, string>): Job["spec"] => ({
    template: {
      ...(labels === undefined ? {} : { metadata: { labels } }),
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] },
    },
  });
  const metadata = { namespace: "default" };

  test.each([[undefined], [{ app: "x" }]])(
    "a Job has the labels of its pods: %o",
    async (labels) => {
      const name = `labels-${labels === undefined ? "none" : "some"}`;
      const job: Job = {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { ...metadata, name },
        spec: spec(labels),
      };
      const created = await store.create(JOBS, job);
      expect(created.metadata.labels).toEqual(created.spec.template.metadata?.labels);
      expect(created.metadata.labels).toMatchObject({ ...labels, "job-name": name });
    },
  );

  test("a CronJob's templates have metadata, though empty", async () => {
    const cronJob: CronJob = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { ...metadata, name: "templates" },
      spec: { schedule: "@daily", jobTemplate: { spec: spec() } },
    };
    const { jobTemplate } = (await store.create(CRON_JOBS, cronJob)).spec;
    expect(jobTemplate.metadata).toEqual({});
    expect(jobTemplate.spec.template.metadata).toEqual({});
  });
});

describe("ObjectStore.update", () => {
  test("of an old state is a conflict in Kubernetes' words", async () => {
    const first = await store.create(JOBS, job("a"));
    await store.update(JOBS, first);
    const error = await failure(store.update(JOBS, first));
    expect(error.message).toBe(
      'Operation cannot be fulfilled on jobs.batch "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect(error.code).toBe(409);
  });

  test("of what is gone is NotFound, and of another of that name a conflict of uids", async () => {
    const first = await store.create(JOBS, job("a"));
    await store.delete(JOBS, "default", "a", { propagationPolicy: "Background" });
    expect((await failure(store.update(JOBS, first))).reason).toBe("NotFound");
    await store.create(JOBS, job("a"));
    expect((await failure(store.update(JOBS, first))).message).toContain("UID in precondition");
  });
});

describe("ObjectStore.modify", () => {
  test("tries again when somebody was faster, and writes nothing when nothing differs", async () => {
    await store.create(CONFIG_MAPS, configMap("a"));
    const changed = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        store.modify(CONFIG_MAPS, "default", "a", (current) => {
          current.data = { ...current.data, [i]: "x" };
          return current;
        }),
      ),
    );
    expect(new Set(changed.map(({ metadata }) => metadata.resourceVersion)).size).toBe(8);
    const now = await store.get(CONFIG_MAPS, "default", "a");
    expect(Object.keys(now.data ?? {})).toHaveLength(9);
    const same = await store.modify(CONFIG_MAPS, "default", "a", (current) => current);
    expect(same.metadata.resourceVersion).toBe(now.metadata.resourceVersion);
  });

  test("counts generations by the spec alone", async () => {
    await store.create(JOBS, job("a"));
    const marked = await store.modify(JOBS, "default", "a", (current) => {
      current.status = { active: 1 };
      return current;
    });
    expect(marked.metadata.generation).toBe(1);
    const changed = await store.modify(JOBS, "default", "a", (current) => {
      current.spec.suspend = true;
      return current;
    });
    expect(changed.metadata.generation).toBe(2);
  });
});

describe("ObjectStore.transaction", () => {
  test("makes all changes at one revision, or none", async () => {
    const owner = await store.create(CONFIG_MAPS, configMap("owner"));
    const made = store.complete(JOBS, job("made"));
    const revision = await store.transaction([
      { kind: "create", resource: JOBS, object: made },
      { kind: "update", resource: CONFIG_MAPS, object: owner },
    ]);
    expect(made.metadata.resourceVersion).toBe(String(revision));
    expect(owner.metadata.resourceVersion).toBe(String(revision));

    const second = store.complete(JOBS, job("second"));
    const stale = structuredClone(owner);
    stale.metadata.resourceVersion = String(revision - 1);
    const error = await failure(
      store.transaction([
        { kind: "create", resource: JOBS, object: second },
        { kind: "update", resource: CONFIG_MAPS, object: stale },
      ]),
    );
    expect(isReason(error, "Conflict")).toBe(true);
    expect(await store.find(JOBS, "default", "second")).toBeUndefined();
  });

  test("holds to what it requires", async () => {
    const active = await store.create(JOBS, job("active"));
    const next = store.complete(JOBS, job("next"));
    await store.delete(JOBS, "default", "active", { propagationPolicy: "Background" });
    const changes = [
      { kind: "require", resource: JOBS, object: active },
      { kind: "create", resource: JOBS, object: next },
    ] as const;
    expect((await failure(store.transaction(changes))).reason).toBe("NotFound");
    await store.transaction([
      { kind: "require", resource: JOBS, object: active, absent: true },
      { kind: "create", resource: JOBS, object: next },
    ]);
  });
});

describe("ObjectStore.delete", () => {
  test("leaves what has finalizers, until the last is taken off", async () => {
    const draft = job("a");
    draft.metadata.finalizers = ["example.com/wait"];
    await store.create(JOBS, draft);
    const { object, gone } = await store.delete(JOBS, "default", "a", {
      propagationPolicy: "Background",
    });
    expect(gone).toBe(false);
    expect(object.metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      finalizers: ["example.com/wait"],
    });
    await store.modify(JOBS, "default", "a", (current) => {
      delete current.metadata.finalizers;
      return current;
    });
    expect(await store.find(JOBS, "default", "a")).toBeUndefined();
  });

  test("tells the garbage collector by finalizers", async () => {
    await store.create(JOBS, job("a"));
    const orphaned = await store.delete(JOBS, "default", "a");
    expect(orphaned.object.metadata.finalizers).toEqual(["orphan"]);
    await store.create(JOBS, job("b"));
    const options = { propagationPolicy: "Foreground" } as const;
    const foreground = await store.delete(JOBS, "default", "b", options);
    expect(foreground.object.metadata.finalizers).toEqual(["foregroundDeletion"]);
  });

  test("gives a pod on a node its grace, and shortens it when asked again", async () => {
    const pod: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "main" }], nodeName: "here" },
    };
    await store.create(PODS, pod);
    const first = await store.delete(PODS, "default", "p");
    expect(first.object.metadata.deletionGracePeriodSeconds).toBe(30);
    const again = await store.delete(PODS, "default", "p");
    expect(again.object).toEqual(first.object);
    const sooner = await store.delete(PODS, "default", "p", { gracePeriodSeconds: 5 });
    expect(sooner.object.metadata.deletionGracePeriodSeconds).toBe(5);
    expect(await store.delete(PODS, "default", "p", { gracePeriodSeconds: 0 })).toMatchObject({
      gone: true,
    });
  });

  test("only deletes the very object that was meant", async () => {
    const made = await store.create(CONFIG_MAPS, configMap("a"));
    const error = await failure(store.delete(CONFIG_MAPS, "default", "a", { uid: "other" }));
    expect(error.message).toBe(
      `Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`,
    );
  });
});

describe("ObjectStore.list", () => {
  test("gives chunks that show one revision, with and without selectors", async () => {
    for (let i = 0; i < 7; i++) {
      await store.create(CONFIG_MAPS, configMap(`m${i}`, { odd: String(i % 2) }));
    }
    const first = await store.list(CONFIG_MAPS, { namespace: "default", limit: 3 });
    expect(first.items.map(({ metadata }) => metadata.name)).toEqual(["m0", "m1", "m2"]);
    expect(first.remainingItemCount).toBe(4);
    await store.delete(CONFIG_MAPS, "default", "m3");
    const second = await store.list(CONFIG_MAPS, {
      namespace: "default",
      limit: 10,
      continue: first.continue ?? "",
    });
    expect(second.items.map(({ metadata }) => metadata.name)).toEqual(["m3", "m4", "m5", "m6"]);
    expect(second.resourceVersion).toBe(first.resourceVersion);
    expect(second.continue).toBeUndefined();

    const odd = await store.list(CONFIG_MAPS, { labelSelector: "odd=1", limit: 1 });
    expect(odd.items.map(({ metadata }) => metadata.name)).toEqual(["m1"]);
    const rest = await store.list(CONFIG_MAPS, {
      labelSelector: "odd=1",
      continue: odd.continue ?? "",
    });
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(["m5"]);
  });

  test("of a compacted revision says so, with a token for the rest as it is now", async () => {
    for (const name of ["a", "b", "c"]) await store.create(CONFIG_MAPS, configMap(name));
    const first = await store.list(CONFIG_MAPS, { limit: 1 });
    const { metadata } = await store.create(CONFIG_MAPS, configMap("d"));
    await etcd.client.compact(Number(metadata.resourceVersion));
    const error = await failure(store.list(CONFIG_MAPS, { continue: first.continue ?? "" }));
    expect(error.code).toBe(410);
    const rest = await store.list(CONFIG_MAPS, { continue: error.continueToken ?? "" });
    expect(rest.items.map(({ metadata: { name } }) => name)).toEqual(["b", "c", "d"]);
  });
});

describe("ObjectStore.watch", () => {
  test("shows what enters, changes and leaves a selection", async () => {
    const { resourceVersion } = await store.list(CONFIG_MAPS);
    const seen: string[] = [];
    const watch = store.watch(CONFIG_MAPS, {
      fromRevision: Number(resourceVersion),
      labelSelector: "in=yes",
    });
    await store.create(CONFIG_MAPS, configMap("outside"));
    await store.create(CONFIG_MAPS, configMap("a", { in: "yes" }));
    const set = (value: string): Promise<ConfigMap> =>
      store.modify(CONFIG_MAPS, "default", "a", (current) => {
        current.metadata.labels = { in: "yes", value };
        if (value === "out") current.metadata.labels = {};
        return current;
      });
    await set("1");
    await set("out");
    const last = (await set("2")).metadata.resourceVersion;
    const { object } = await store.delete(CONFIG_MAPS, "default", "a");
    for await (const event of watch) {
      if (event.type === "BOOKMARK") continue;
      seen.push(`${event.type} ${event.object.metadata.labels?.["value"]}`);
      if (seen.length === 5) {
        // The revision of the deletion, so that a watch goes on behind it.
        expect(event.object.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
        expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(Number(last));
        break;
      }
    }
    expect(seen).toEqual([
      "ADDED undefined",
      "MODIFIED 1",
      "DELETED undefined",
      "ADDED 2",
      "DELETED 2",
    ]);
  });

  test("from a compacted revision is Expired", async () => {
    const { metadata } = await store.create(CONFIG_MAPS, configMap("a"));
    await etcd.client.compact(Number(metadata.resourceVersion));
    const error = await failure(store.watch(CONFIG_MAPS, { fromRevision: 1 }).next());
    expect(error.code).toBe(410);
    expect(error.message).toBe(`too old resource version: 1 (${metadata.resourceVersion})`);
  });

  test("gives bookmarks of what is complete, behind the events before them", async () => {
    const { metadata } = await store.create(CONFIG_MAPS, configMap("a"));
    const watch = store.watch(CONFIG_MAPS, {
      fromRevision: Number(metadata.resourceVersion) - 1,
      bookmarkMs: 20,
    });
    await etcd.client.put("elsewhere", "x");
    const events: string[] = [];
    for await (const event of watch) {
      events.push(event.type);
      if (
        event.type === "BOOKMARK" &&
        Number(event.resourceVersion) > Number(metadata.resourceVersion)
      ) {
        break;
      }
    }
    expect(events.filter((type) => type === "ADDED")).toHaveLength(1);
    expect(events.indexOf("ADDED")).toBeLessThan(events.lastIndexOf("BOOKMARK"));
  });
});

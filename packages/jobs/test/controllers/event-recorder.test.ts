import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventRecorder } from "../../src/controllers/event-recorder.ts";
import { EVENTS, ObjectStore } from "../../src/jobs.ts";

describe("EventRecorder", () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd({ listen: false });
  });
  afterAll(() => etcd.stop());

  it("writes an event again that etcd has not taken in time", async () => {
    const { clock, random } = nodeRuntime;
    const store = new ObjectStore({ client: etcd.client, runtime: nodeRuntime });
    const transaction = store.transaction.bind(store);
    let failures = 1;
    store.transaction = (...args) =>
      failures-- > 0 ? Promise.reject(new Error("request timed out")) : transaction(...args);
    const recorder = new EventRecorder({
      store,
      clock,
      random,
      logger: silentLogger,
      component: "test",
    });
    const about = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", namespace: "default", uid: "1" },
    };
    recorder.record(about, [{ type: "Normal", reason: "Tried", message: "twice" }]);
    await recorder.written();
    expect((await store.list(EVENTS)).items).toMatchObject([{ reason: "Tried", count: 1 }]);
  });
});

import { Client, EtcdError } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import type { TaskView } from "@nodetcd/console/contract";
import { etcdBinary, startEtcd } from "./support/etcd.ts";
import { openApp } from "./support/open-app.ts";

const binary = etcdBinary();

test.skipIf(binary === undefined)(
  "a database that is full: the verdict says so, and the wizard leads out of it",
  async () => {
    const etcd = await startEtcd(binary!, ["--quota-backend-bytes", String(2 << 20)]);
    const open = await openApp(etcd.endpoint);
    const client = new Client({ runtime: nodeRuntime, endpoints: etcd.endpoint });
    const put = (): Promise<unknown> => client.put("/fill", "x".repeat(60_000));
    let refused: unknown;
    for (let tries = 0; tries < 100 && refused === undefined; tries++) {
      refused = await put().then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect((refused as EtcdError).code).toBe("NO_SPACE");
    await open.app.sampler.look(0);
    const { findings } = (await open.get("/api/cluster")).value;
    expect(findings[0]).toMatchObject({ rank: "act", to: "/maintenance/space" });

    const { revision } = (await open.get("/api/maintenance")).value;
    const refusedName = await open.post("/api/maintenance/make-room", { revision, name: "no" });
    expect(refusedName.status).toBe(403);
    const begun = await open.post("/api/maintenance/make-room", { revision, name: "harbor" });
    expect(begun.status).toBe(200);
    const second = await open.post("/api/maintenance/make-room", { revision, name: "harbor" });
    expect(second.value.error.code).toBe("CONFLICT");
    await open.app.task!.ended;
    const task = open.app.task!.view as TaskView;
    expect(task.steps.map(({ state }) => state)).toEqual(task.steps.map(() => "done"));
    expect(task.state).toBe("done");
    await put();
    await open.app.sampler.look(0);
    expect((await open.get("/api/maintenance")).value.alarms).toEqual([]);
    client.close();
    open.close();
    await etcd.stop();
  },
  60_000,
);

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Etcd, startEtcd } from "nodetcd";

let etcd: Etcd;

beforeAll(async () => {
  etcd = await startEtcd();
});

afterAll(async () => {
  await etcd.stop();
});

test("a change is seen by a watch", async () => {
  const watcher = etcd.client.watch("config/", { prefix: true });
  await watcher.ready;
  await etcd.client.put("config/colour", "green");
  for await (const event of watcher) {
    expect(event.keyValue.keyText()).toBe("config/colour");
    expect(event.keyValue.text()).toBe("green");
    break;
  }
});

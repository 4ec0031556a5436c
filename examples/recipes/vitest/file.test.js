import { expect, test } from "vitest";
import { etcd } from "./setup.js";

test("writes", async () => {
  await etcd.client.put("a", "1");
  expect((await etcd.client.get("a")).text()).toBe("1");
});

test("sees nothing of the test before", async () => {
  expect(await etcd.client.get("a")).toBe(undefined);
});

test("a lease ends without waiting", async () => {
  const lease = await etcd.client.leases.grant(60);
  await etcd.client.put("session", "open", { lease });
  await etcd.clock.advance("2m");
  expect(await etcd.client.get("session")).toBe(undefined);
});

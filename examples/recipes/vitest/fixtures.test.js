import { startEtcd } from "nodetcd";
import { test as base, expect } from "vitest";

/** A member for each test that asks for one. */
const test = base.extend({
  // eslint-disable-next-line no-empty-pattern
  etcd: async ({}, use) => {
    const etcd = await startEtcd({ listen: false });
    await use(etcd);
    await etcd.stop();
  },
});

test("has a member of its own", async ({ etcd }) => {
  expect((await etcd.client.put("a", "1")).revision).toBe(2);
});

test("and so has this one", async ({ etcd }) => {
  expect((await etcd.client.put("a", "1")).revision).toBe(2);
});

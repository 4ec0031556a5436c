import { connect } from "nodetcd";
import { afterAll, expect, inject, test } from "vitest";

// The member of global-setup.js. A namespace for each file keeps files that run at the same time apart.
const root = connect(inject("etcd"));
const client = root.namespace(`${import.meta.url}/`);
afterAll(() => root.close());

test("finds the member of the global setup", async () => {
  await client.put("greeting", "hello");
  expect((await client.get("greeting")).text()).toBe("hello");
  expect((await root.get("greeting"))?.text()).toBe(undefined);
});

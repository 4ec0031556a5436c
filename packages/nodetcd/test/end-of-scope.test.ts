import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Etcd, startEtcd } from "../src/nodetcd.ts";

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

test("the end of a scope is quiet about a lease that was revoked, an explicit end is not", async () => {
  const lease = await etcd.client.leases.grant(60);
  await lease.revoke();
  await lease[Symbol.asyncDispose]();
  await expect(lease.revoke()).rejects.toMatchObject({ code: "LEASE_NOT_FOUND" });
});

test("the end of a scope is quiet about a lock and a leadership that were given up", async () => {
  const held = await etcd.client.lock("lock");
  const leading = await etcd.client.election("election").campaign("me");
  await held.unlock();
  await leading.resign();
  await held[Symbol.asyncDispose]();
  await leading[Symbol.asyncDispose]();
});

test("the end of a scope is quiet about a client that was closed, an explicit end is not", async () => {
  const client = connect(etcd.endpoint);
  const held = await client.lock("closed");
  const lease = await client.leases.grant(60);
  client.close();
  await client.closed;
  expect(await etcd.client.get(held.key)).toBeUndefined();
  await held[Symbol.asyncDispose]();
  await held.unlock();
  await lease[Symbol.asyncDispose]();
  await expect(lease.revoke()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
});

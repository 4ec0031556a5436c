import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll } from "vitest";
import { scenarios } from "./scenarios.ts";

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
});
afterAll(() => etcd.stop());

scenarios("on a member in this process", () => etcd.client);

import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import { startEtcd } from "nodetcd";
import { etcdPlugin } from "./etcd-plugin.js";

test("routes read from etcd, and the client ends with the application", async () => {
  const etcd = await startEtcd();
  await etcd.seed({ "flags/new-page": true });

  const app = Fastify();
  await app.register(etcdPlugin, { endpoints: etcd.endpoint });
  app.get("/flags/:name", async (request, reply) => {
    const flag = await app.etcd.get(`flags/${request.params.name}`);
    return flag === undefined ? reply.code(404).send() : { value: flag.json() };
  });

  assert.deepEqual((await app.inject("/flags/new-page")).json(), { value: true });
  assert.equal((await app.inject("/flags/none")).statusCode, 404);
  await app.close();
  await assert.rejects(app.etcd.get("a"), { code: "CLIENT_CLOSED" });
  await etcd.stop();
});

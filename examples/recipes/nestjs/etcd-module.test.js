import "reflect-metadata";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { startEtcd } from "nodetcd";
import { ETCD, EtcdModule } from "./etcd-module.js";

test("a service has the client, which ends with the application", async () => {
  const etcd = await startEtcd();
  await etcd.seed({ "app/config": { port: 8080 } });

  class Settings {
    constructor(client) {
      this.config = client.json("app/config");
    }
  }
  class App {}
  Module({
    imports: [EtcdModule.forRoot(etcd.endpoint)],
    providers: [
      { provide: Settings, useFactory: (client) => new Settings(client), inject: [ETCD] },
    ],
  })(App);

  const app = await NestFactory.createApplicationContext(App, { logger: false });
  assert.deepEqual(await app.get(Settings).config.get(), { port: 8080 });
  const client = app.get(ETCD);
  await app.close();
  await assert.rejects(client.get("a"), { code: "CLIENT_CLOSED" });
  await etcd.stop();
});

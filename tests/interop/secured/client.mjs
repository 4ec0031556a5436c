// The npm package `etcd3` with TLS, a client certificate and users. Usage: node client.mjs host:port folder
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Etcd3 } from "etcd3";

const [endpoint, folder] = process.argv.slice(2);
const file = (name) => readFileSync(join(folder, name));
const credentials = {
  rootCertificate: file("ca.crt"),
  certChain: file("stranger.crt"),
  privateKey: file("stranger.key"),
};
const as = (username, password) =>
  new Etcd3({ hosts: `https://${endpoint}`, credentials, auth: { username, password } });

const root = as("root", "pw");
const user = as("u1", "pw");
await root.put("secret").value("s");
await user.put("foo").value("1");
assert.equal(await user.get("foo").string(), "1");
await assert.rejects(user.put("bar").value("1").exec(), /permission denied/i);
await assert.rejects(user.get("secret").string(), /permission denied/i);
const txn = user.if("foo", "Value", "==", "1").then(user.put("foo").value("2"));
assert.equal((await txn.commit()).succeeded, true);
await assert.rejects(
  user.if("foo", "Value", "==", "2").then(user.get("foo")).else(user.delete().key("bar")).commit(),
  /permission denied/i,
);
const watcher = await user.watch().key("foo").create();
const seen = new Promise((resolve) => watcher.on("put", ({ value }) => resolve(String(value))));
await user.put("foo").value("3");
assert.equal(await seen, "3");
await watcher.cancel();
const lease = user.lease(60);
await lease.put("foo").value("leased");
await lease.revoke();
assert.equal(await user.get("foo").string(), null);
const wrong = as("u1", "wrong");
await assert.rejects(wrong.get("foo").string(), /authentication failed|invalid auth/i);
// Longer than a token lives.
await new Promise((resolve) => setTimeout(resolve, 3_000));
await user.put("foo").value("4");
const named = await user.role("u1").permissions();
assert.equal(named.length, 1);
for (const client of [root, user, wrong]) client.close();
console.log("etcd3 of npm: put, get, txn, watch, lease, refusals, a token that ran out");

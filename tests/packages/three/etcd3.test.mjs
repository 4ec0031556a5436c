import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Etcd3 } from "etcd3";

let server, folder, proxy, client;
const sockets = new Set();
async function freePort() {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  return port;
}
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "etcd-"));
  const [port, peerPort] = [await freePort(), await freePort()];
  const [url, peerUrl] = [port, peerPort].map((each) => `http://127.0.0.1:${each}`);
  const flags =
    `--data-dir ${folder} --listen-client-urls ${url} --advertise-client-urls ${url} ` +
    `--listen-peer-urls ${peerUrl} --initial-advertise-peer-urls ${peerUrl} ` +
    `--initial-cluster default=${peerUrl} --log-level error`;
  server = spawn(process.env.ETCD_BIN ?? "etcd", flags.split(" "));
  // In between, so that the connection can be cut.
  proxy = net.createServer((socket) => {
    const upstream = net.connect(port, "127.0.0.1");
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on("error", () => undefined).on("close", () => sockets.delete(each));
    }
    socket.pipe(upstream).pipe(socket);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  client = new Etcd3({ hosts: `http://127.0.0.1:${proxy.address().port}` });
  for (let tries = 0; ; tries++) {
    try {
      await client.get("ready").string();
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
afterEach(() => client.delete().all());
after(async () => {
  client.close();
  proxy.close();
  for (const socket of sockets) socket.destroy();
  server.kill();
  await once(server, "exit");
  rmSync(folder, { recursive: true });
});

test("configuration: changes are seen, also those made while the connection was down", async () => {
  const watcher = await client.watch().prefix("config/").create();
  const seen = (value) =>
    new Promise((resolve) => {
      watcher.on("put", (keyValue) => keyValue.value.toString() === value && resolve());
    });
  const green = seen("green");
  await client.put("config/colour").value("green");
  await green;
  const blue = seen("blue");
  for (const socket of sockets) socket.destroy();
  for (let written = false; !written;) {
    try {
      await client.put("config/colour").value("blue");
      written = true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await blue;
  await watcher.cancel();
});

test("lock: of two contenders the second waits for the first", async () => {
  const order = [];
  const work = async (name) => {
    const lock = client.lock("nightly");
    // It fails at once when another has the lock: to wait is the caller's affair.
    for (let held = false; !held;) {
      try {
        await lock.acquire();
        held = true;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    order.push(`${name} begins`);
    await client.get("something").string();
    order.push(`${name} ends`);
    await lock.release();
  };
  const first = work("a");
  while (order.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([first, work("b")]);
  assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
});

test("election: another leads when the leader has died", async () => {
  const hosts = `http://127.0.0.1:${proxy.address().port}`;
  const program = `
    import { Etcd3 } from "etcd3";
    const campaign = new Etcd3({ hosts: "${hosts}" }).election("scheduler", 1).campaign("one");
    campaign.on("elected", () => console.log("elected"));`;
  const leader = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  await once(leader.stdout, "data");
  const next = client.election("scheduler", 1).campaign("two");
  next.on("error", () => undefined);
  leader.kill("SIGKILL");
  // The shortest lease that etcd grants is two seconds.
  await once(next, "elected");
  assert.equal(await client.election("scheduler").leader(), "two");
  await next.resign();
});

import { Client, EtcdError, type Lock } from "@nodetcd/client";

/** A name that is markup. */
const HOSTILE = "<b onmouseover=globalThis.hacked=1>x</b>";

/** One harbour's worth of data, the same every time: pods, deployments, settings, odd keys, users; `withOwners` also leases and locks. */
export async function seed(client: Client, withOwners = true): Promise<{ stop(): Promise<void> }> {
  const spaces = ["billing", "edge", "shop", "telemetry"];
  const apps = ["cart", "catalog", "checkout", "payments", "search", "web"];
  const puts: [string | Uint8Array, string | Uint8Array][] = [];
  for (const space of spaces) {
    for (const app of apps) {
      puts.push([`/registry/deployments/${space}/${app}`, object("Deployment", space, app, "3")]);
      for (let at = 0; at < 12; at++) {
        const name = `${app}-${(at * 7_919 + app.length * 31).toString(16)}`;
        puts.push([`/registry/pods/${space}/${name}`, object("Pod", space, name, "Running")]);
      }
    }
  }
  for (let at = 0; at < 300; at++) {
    const name = `/registry/events/shop/event.${at.toString(16).padStart(6, "0")}`;
    puts.push([name, "Started container checkout. ".repeat(12)]);
  }
  puts.push([
    "/settings/theme",
    "accent: sea\nquiet: true\nlimits:\n  fsync_ms: 10\n  commit_ms: 25\n",
  ]);
  puts.push(["/settings/flags", '{"beta":true,"ratio":0.25,"big":12345678901234567890}']);
  puts.push(["/settings/logo", PNG]);
  puts.push([Uint8Array.of(0, 7, 0x6d, 0x65, 0x74, 0x61), Uint8Array.of(1, 2, 3, 255, 254)]);
  puts.push(["<img src=x onerror=globalThis.hacked=1>", "<script>globalThis.hacked=1</script>"]);
  puts.push(["javascript:alert(1)", "\u202etxt.exe"]);
  puts.push(["/registry/secrets/shop/token", "k8s:enc:aescbc:v1:key1:\u0001\u0002"]);
  puts.push(["/registry/configmaps/shop/limits", configMap()]);
  for (const [key, value] of puts) await client.put(key, value);
  for (let at = 1; at <= 6; at++) {
    const value = object("Deployment", "shop", "checkout", String(at));
    await client.put("/registry/deployments/shop/checkout", value);
  }
  await client.delete("/registry/deployments/shop/web");
  await client.put("/registry/deployments/shop/web", object("Deployment", "shop", "web", "1"));
  await client.delete("/registry/deployments/edge/web");
  await addUsers(client);
  return withOwners ? await addOwners(client) : { stop: async () => undefined };
}

/** Leases, locks and a leader, kept alive until the end. */
async function addOwners(client: Client): Promise<{ stop(): Promise<void> }> {
  const lease = await client.leases.grant(600);
  await client.put("/leases/node-07", "alive", { lease });
  await client.put(`/leases/${HOSTILE}`, HOSTILE, { lease });
  const deploy = await client.lock("/locks/deploy");
  const nightly = await client.lock("/locks/nightly");
  const waiting = client.lock("/locks/nightly");
  waiting.catch(() => undefined);
  const leader = await client.election("/elections/scheduler").campaign("node-07");
  return {
    stop: async () => {
      const held: Lock[] = [deploy, nightly];
      await Promise.all(held.map((one) => one.unlock()));
      await (await waiting).unlock();
      await leader.resign();
      await lease.revoke();
    },
  };
}

/** Users and roles, where the member has them; they are not turned on. */
async function addUsers(client: Client): Promise<void> {
  try {
    const { auth } = client;
    await auth.addUser("root", "root");
    await auth.addRole("root");
    await auth.grantRole("root", "root");
    await auth.addUser("grace", "grace");
    await auth.addUser(HOSTILE, "no matter");
    await auth.addRole("shop-reader");
    await auth.grantPermission("shop-reader", "read", "/registry/deployments/shop/", {
      prefix: true,
    });
    await auth.grantRole("grace", "shop-reader");
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== "UNIMPLEMENTED") throw error;
    console.log(`without users: ${error.message}`);
  }
}

/** Writes as a cluster does that is at work, until it is stopped. */
export function keepWriting(client: Client, everyMs: number): { stop(): void } {
  let at = 0;
  const timer = setInterval(() => {
    at++;
    const node = `node-${String(at % 9).padStart(2, "0")}`;
    const time = JSON.stringify({ renewTime: new Date().toISOString() });
    void client.put(`/registry/leases/kube-node-lease/${node}`, time).catch(() => undefined);
    const pod = `/registry/pods/shop/live-${at % 5}`;
    if (at % 7 === 0) void client.delete(pod).catch(() => undefined);
    else if (at % 3 === 0) {
      const value = object("Pod", "shop", `live-${at % 5}`, at % 2 === 0 ? "Pending" : "Running");
      void client.put(pod, value).catch(() => undefined);
    }
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

function object(kind: string, namespace: string, name: string, state: string): string {
  return JSON.stringify({
    apiVersion: kind === "Pod" ? "v1" : "apps/v1",
    kind,
    metadata: { name, namespace, resourceVersion: "12345678901234567890", labels: { app: name } },
    spec: {
      replicas: 3,
      containers: [{ name: "app", image: `images.harbor.example/${name}:1.8.${state.length}` }],
    },
    status: { state },
  });
}

const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mNkYPhPEmIY1TCqYfhqAADPfh/xz1M+QgAAAABJRU5ErkJggg==",
  ),
  (character) => character.charCodeAt(0),
);

/** A ConfigMap as the API server stores it: `k8s\0` and protobuf. */
function configMap(): Uint8Array {
  const text = (number: number, value: string): number[] => block(number, [...Buffer.from(value)]);
  const block = (number: number, bytes: number[]): number[] => [
    (number << 3) | 2,
    ...varint(bytes.length),
    ...bytes,
  ];
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
  const pair = [...text(1, "limit"), ...text(2, "25 ms")];
  const meta = [...text(1, "limits"), ...text(3, "shop"), ...text(5, "1d7f9c02-uid")];
  const type = block(1, [...text(1, "v1"), ...text(2, "ConfigMap")]);
  const raw = block(2, [...block(1, meta), ...block(2, pair)]);
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, ...type, ...raw]);
}

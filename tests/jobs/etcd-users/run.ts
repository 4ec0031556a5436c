/**
 * `nodetcd jobs` on a real etcd that asks for certificates and has users, as one whose role covers `/registry/` and
 * what compaction needs: a Job runs, its log is read, slots are decided, and no other key is written. Once the user
 * is the name in the certificate, once it is shown with a password. A user without a role is told so.
 *
 *     npm run prove -- jobs-etcd-users
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Client, PIN_PREFIX } from "@nodetcd/client";
import { COMPACT_KEY } from "@nodetcd/compactor";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { peer } from "../../peers.ts";
import { temporaryDirectory } from "../../processes.ts";
import { makeFiles } from "../../security/files.ts";
import { TlsMember } from "../../security/member.ts";
import { MUTUAL } from "../../security/rows.ts";
import { ApiClient, type KubeObject } from "../api-client.ts";
import { JobsServer } from "../jobs-server.ts";

/** As the common name of `user.crt`. */
const USER = "u1";
const PASSWORD = "a password";
const ROLE = "jobs";
const JOBS = "/apis/batch/v1/namespaces/default/jobs";
const WAIT_MS = 150_000;

const WAYS: Readonly<Record<string, { certificate: string; flags: readonly string[] }>> = {
  "by the name in its certificate": { certificate: "user", flags: [] },
  "by name and password": { certificate: "unnamed", flags: [`--etcd-user=${USER}:${PASSWORD}`] },
};

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`waited in vain until ${what}`);
}

function manifest(kind: "Job" | "CronJob", name: string): object {
  const containers = [{ name: "main", image: "busybox", command: ["echo", name] }];
  const job = { template: { spec: { restartPolicy: "Never", containers } } };
  const spec = kind === "Job" ? job : { schedule: "* * * * *", jobTemplate: { spec: job } };
  return { apiVersion: "batch/v1", kind, metadata: { name }, spec };
}

async function items(client: ApiClient, path: string): Promise<KubeObject[]> {
  return ((await client.call("GET", path)).body["items"] ?? []) as KubeObject[];
}

/** A Job from its creation to its log, and a slot from its moment to its line. */
async function work({ url }: JobsServer): Promise<void> {
  const client = new ApiClient(url);
  await client.call("POST", JOBS, manifest("Job", "hello"));
  await client.call("POST", JOBS.replace("jobs", "cronjobs"), manifest("CronJob", "tick"));
  await until("the Job is complete", async () => {
    const { body } = await client.call("GET", `${JOBS}/hello`);
    return JSON.stringify(body).includes('"type":"Complete"') || undefined;
  });
  const [pod] = await items(client, "/api/v1/namespaces/default/pods?labelSelector=job-name=hello");
  const path = `/api/v1/namespaces/default/pods/${pod?.metadata.name}/log`;
  const text = await (await fetch(`${url}${path}`)).text();
  if (text !== "hello\n") throw new Error(`the log is ${JSON.stringify(text)}`);
  await until("a slot has its line", async () => {
    const slots = await items(client, "/apis/nodetcd.io/v1/slots");
    return slots.find(({ status }) => status?.["decision"] === "Ran");
  });
}

/** Users, their role, and from then on everybody is asked who they are. */
async function setUp(root: Client): Promise<void> {
  const { auth } = root;
  for (const name of ["root", ROLE]) await auth.addRole(name);
  await auth.addUser("root", { noPassword: true });
  await auth.grantRole("root", "root");
  await auth.addUser(USER, PASSWORD);
  await auth.addUser("nobody", { noPassword: true });
  await auth.grantRole(USER, ROLE);
  await auth.grantPermission(ROLE, "readwrite", "/registry/", { prefix: true });
  await auth.grantPermission(ROLE, "readwrite", COMPACT_KEY);
  await auth.grantPermission(ROLE, "read", PIN_PREFIX, { prefix: true });
  await auth.enable();
}

/** Keys that the role does not cover. */
async function strayKeys(root: Client): Promise<string[]> {
  const { keyValues } = await root.range("", { prefix: true, keysOnly: true });
  const names = keyValues.map(({ key }) => Buffer.from(key).toString());
  if (!names.some((name) => name.startsWith("/registry/jobs/"))) throw new Error("no Job is there");
  return names.filter((name) => !name.startsWith("/registry/") && name !== COMPACT_KEY);
}

async function main(): Promise<void> {
  const etcd = peer("etcd");
  if (etcd === undefined) return;
  const folder = temporaryDirectory("nodetcd-jobs-etcd-users");
  const files = join(folder, "files");
  await makeFiles(files);
  const member = await TlsMember.start(etcd, { flags: MUTUAL }, files, join(folder, "etcd"));
  const text = (name: string): string => readFileSync(join(files, name), "utf8");
  const endpoints = `https://127.0.0.1:${member.port}`;
  const tls = { ca: text("ca.crt"), cert: text("client.crt"), key: text("client.key") };
  const root = new Client({ runtime: nodeRuntime, endpoints, tls });
  const flagsOf = (certificate: string): string[] => [
    `--etcd-servers=${endpoints}`,
    `--etcd-cafile=${join(files, "ca.crt")}`,
    ...member.certificate("etcd-certfile", "etcd-keyfile", certificate),
  ];
  try {
    await setUp(root);
    for (const [way, { certificate, flags }] of Object.entries(WAYS)) {
      const place = join(folder, certificate);
      mkdirSync(place);
      const options = { folder: place, flags: [...flagsOf(certificate), ...flags] };
      const server = await JobsServer.start(options);
      if (server === undefined) return;
      try {
        await work(server);
        const stray = await strayKeys(root);
        if (stray.length > 0) throw new Error(`keys beyond the role: ${stray.join()}`);
        console.log(`  ${way}: a Job, its log and a slot`);
      } catch (error) {
        throw new Error(`${way}: ${String(error)}\n${server.logTail()}`, { cause: error });
      } finally {
        await server.stop();
      }
      await root.delete("/registry/", { prefix: true });
    }
    await refused(join(folder, "nobody"), flagsOf("stranger"));
    console.log("nodetcd jobs on etcd with certificates and users: as it should be");
  } catch (error) {
    console.log(`FAILED: ${String(error)}`);
    process.exitCode = 1;
  } finally {
    root.close();
    process.kill(member.pid, "SIGTERM");
    await member.exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** It does not serve, and says why. */
async function refused(folder: string, flags: readonly string[]): Promise<void> {
  mkdirSync(folder);
  const started = await JobsServer.start({ folder, flags }).then(
    async (server) => {
      await server?.stop();
      return undefined;
    },
    (error: unknown) => String(error),
  );
  console.log(`  without a role: ${started}`);
  if (started?.includes("permission denied") !== true)
    throw new Error(`a user without a role starts: ${started}`);
}

await main();
process.exit();

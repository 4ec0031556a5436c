/**
 * What `nodetcd jobs export` prints is taken by a real kube-apiserver, with `kubectl apply --dry-run=server` and for good,
 * and means the same there: every spec is as it was here.
 *
 *     npm run prove -- jobs-export
 */
import { deepStrictEqual } from "node:assert";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ControlPlane } from "../../kubernetes/control-plane.ts";
import { kubernetesPrograms } from "../../kubernetes/programs.ts";
import { peer, sayMissing } from "../../peers.ts";
import { freePort, run, ServerProcess, startServer, temporaryDirectory } from "../../processes.ts";

/** Filled in by this one and not by that one, or the other way round; and what the export leaves out on purpose. */
const FREE = new Set(["runtimeClassName", "creationTimestamp"]);
const COMPARED = [
  ["cronjobs", "reports", "nightly"],
  ["cronjobs", "default", "old"],
] as const;

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !FREE.has(name));
  return Object.fromEntries(entries.map(([name, each]) => [name, pruned(each)]));
}

async function kubectl(flags: readonly string[], ...args: string[]): Promise<string> {
  const done = await run("kubectl", [...flags, ...args], { timeoutMs: 120_000 });
  if (done.status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${done.stderr}`);
  return done.stdout.toString();
}

async function specs(flags: readonly string[]): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [kind, namespace, name] of COMPARED) {
    const text = await kubectl(flags, "get", kind, name, "-n", namespace, "-o", "json");
    all.push(pruned((JSON.parse(text) as { spec: unknown }).spec));
  }
  return all;
}

async function main(): Promise<void> {
  const nodetcd = peer("nodetcd");
  const programs = await kubernetesPrograms(["kube-apiserver"]);
  if (nodetcd === undefined || programs === undefined) return;
  if ((await run("kubectl", ["version", "--client"])).status !== 0) return sayMissing("kubectl");
  const folder = temporaryDirectory("nodetcd-jobs-export");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = ["jobs", `--data-dir=${join(folder, "jobs")}`, `--listen=127.0.0.1:${port}`];
  const options = { flags, isBare: true, dataDirectory: "/none" } as const;
  const jobs = new ServerProcess(nodetcd, { client: port, peer: 0 }, options);
  const etcd = await startServer(nodetcd);
  const plane = new ControlPlane({
    programs,
    folder: join(folder, "plane"),
    etcdUrl: etcd.url,
    port: await freePort(),
  });
  mkdirSync(join(folder, "plane"));
  const ours = ["-s", url, `--cache-dir=${join(folder, "ours")}`];
  const theirs = [`--kubeconfig=${plane.kubeconfig}`, `--cache-dir=${join(folder, "theirs")}`];
  try {
    while (!(await fetch(`${url}/healthz`).catch(() => ({ ok: false }))).ok) {
      if (jobs.hasExited) throw new Error(jobs.tail());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await kubectl(ours, "apply", "-f", join(import.meta.dirname, "manifests.yaml"));
    await kubectl(ours, "create", "job", "by-hand", "--from=cronjob/old");
    await kubectl(ours, "wait", "--for=condition=complete", "job/over", "--timeout=60s");
    const exported = await run(nodetcd.path, ["jobs", "export", "--server", url]);
    if (exported.status !== 0) throw new Error(exported.stderr);
    console.log(exported.stderr.trimEnd().replaceAll(/^/gm, "  said: "));
    const file = join(folder, "jobs.yaml");
    writeFileSync(file, exported.stdout);
    const yaml = exported.stdout.toString();
    if (/name: over|controller-uid|uid:|by-hand/.test(yaml)) {
      throw new Error(`what has ended, or what a server fills in, is in it:\n${yaml}`);
    }
    await plane.startApiServer();
    // A dry run stores no namespace for what comes after it.
    await kubectl(theirs, "create", "namespace", "reports");
    const dry = await kubectl(theirs, "apply", "--dry-run=server", "--validate=strict", "-f", file);
    await kubectl(theirs, "apply", "-f", file);
    deepStrictEqual(await specs(theirs), await specs(ours));
    console.log(dry.trimEnd().replaceAll(/^/gm, "  "));
    console.log("a real kube-apiserver takes the export, and the specs are the same there");
  } finally {
    await jobs.stop();
    await plane.stop();
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();

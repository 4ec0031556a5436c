import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { type RunningConsole, startConsole } from "@nodetcd/console/node";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { cleanEnvironment, freePort } from "../processes.ts";

export interface Member {
  readonly name: string;
  readonly endpoint: string;
  readonly child: ChildProcess;
}

/** A cluster with a console before it. */
export interface Stage {
  readonly name: string;
  readonly members: readonly Member[];
  readonly endpoints: readonly string[];
  readonly client: Client;
  readonly console: RunningConsole;
  /** Address of `nodetcd jobs`; empty when there is none. */
  readonly jobsUrl: string;
  stop(): Promise<void>;
}

export interface StageOptions {
  readonly name: string;
  /** Program of the members: real etcd, or `nodetcd`. */
  readonly program: string;
  readonly members: 1 | 3;
  readonly flags?: readonly string[];
  readonly prefix?: string;
  /** See `ConsoleOptions.fsyncGateMs`. */
  readonly fsyncGateMs?: number;
  /** `bin/nodetcd`, for a Kubernetes API of `nodetcd jobs` beside it. */
  readonly jobs?: string;
}

/** How slow a disk may be here: the machine may have much else to do. */
export const ANY_DISK_MS = 60_000;

const stages = new Set<Stage>();
process.on("exit", () => {
  for (const { members } of stages) for (const { child } of members) child.kill("SIGKILL");
});

/** Starts members on free ports of 127.0.0.1 in a temporary folder, and a console that may write. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "nodetcd-browser-"));
  mkdirSync(join(folder, "state"));
  const plans = await Promise.all(
    ["etcd-a", "etcd-b", "etcd-c"].slice(0, options.members).map(async (name) => ({
      name,
      client: `http://127.0.0.1:${await freePort()}`,
      peer: `http://127.0.0.1:${await freePort()}`,
    })),
  );
  const cluster = plans.map(({ name, peer }) => `${name}=${peer}`).join(",");
  const members = await Promise.all(
    plans.map(async ({ name, client, peer }) => {
      const args = [
        ["--name", name],
        ["--data-dir", join(folder, name)],
        ["--listen-client-urls", client],
        ["--advertise-client-urls", client],
        ["--listen-peer-urls", peer],
        ["--initial-advertise-peer-urls", peer],
        ["--initial-cluster", cluster],
        options.flags ?? [],
      ].flat();
      return { name, endpoint: client, child: await launch(options.program, args) };
    }),
  );
  const endpoints = members.map(({ endpoint }) => endpoint);
  const jobs = options.jobs === undefined ? undefined : await startJobs(options.jobs, folder);
  const running = await startConsole({
    endpoints,
    listen: "127.0.0.1:0",
    name: options.name,
    writes: "locked",
    stateFolder: join(folder, "state"),
    version: "0.1.0",
    ...(options.fsyncGateMs === undefined ? {} : { fsyncGateMs: options.fsyncGateMs }),
    ...(jobs === undefined ? {} : { kubernetes: { url: jobs.url } }),
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
  });
  const client = new Client({ runtime: nodeRuntime, endpoints });
  const stage: Stage = {
    name: options.name,
    members,
    endpoints,
    client,
    console: running,
    jobsUrl: jobs?.url ?? "",
    stop: async () => {
      client.close();
      await running.close();
      await Promise.all(members.map(({ child }) => end(child)));
      if (jobs !== undefined) await end(jobs.child);
      rmSync(folder, { recursive: true, force: true });
      stages.delete(stage);
    },
  };
  stages.add(stage);
  return stage;
}

/** `nodetcd jobs` on a free port, with its own embedded member. */
async function startJobs(
  program: string,
  folder: string,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const listen = `127.0.0.1:${await freePort()}`;
  const args = ["jobs", "--data-dir", join(folder, "jobs"), "--listen", listen];
  const child = await launch(program, args, "Serving Kubernetes' API");
  process.on("exit", () => child.kill("SIGKILL"));
  return { url: `http://${listen}`, child };
}

async function launch(
  path: string,
  args: readonly string[],
  ready = "ready to serve client requests",
): Promise<ChildProcess> {
  const child = spawn(path, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: cleanEnvironment(),
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${path} ended with ${code}:\n${log}`)));
    const onData = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-20_000);
      if (log.includes(ready)) resolve();
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

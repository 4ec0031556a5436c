import { existsSync, readdirSync } from "node:fs";
import { arch, availableParallelism, hostname, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import type { Logger } from "@nodetcd/runtime";
import { serveHttp } from "../../http/serve.ts";
import { SHARED_KEY_BYTES } from "../../http/shared-key.ts";
import { LOG_PRUNE_MS } from "../../limits.ts";
import type { Node } from "../../objects/core.ts";
import type { WorkerOptions, WorkerPart } from "../../parts.ts";
import { NodePresence } from "../node-presence.ts";
import { logHandler } from "../serve-logs.ts";
import { Worker } from "../worker.ts";
import { Attempt } from "./attempt.ts";
import { ControlGroups } from "./control-groups.ts";
import { pruneLogs } from "./prune-logs.ts";
import { FileLogs } from "./read-logs.ts";
import { knownPods, PodRun } from "./run-pod.ts";

const WILDCARDS: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);
/** For API servers of this machine only. */
const LOOPBACK = { host: "127.0.0.1", port: 0 };

/**
 * Runs pods as processes of this machine. Processes outlive the worker: after a restart with the same `dataDir`
 * they are found again, and none is started twice. One worker at a time uses a `dataDir`.
 */
export async function startWorker(options: WorkerOptions): Promise<WorkerPart> {
  const { store, runtime, logger, nodeName, listen = LOOPBACK } = options;
  const { clock, random, disk } = runtime;
  if (WILDCARDS.has(listen.host)) {
    throw new RangeError(`${listen.host} is no address that others reach this machine by`);
  }
  const dataDir = resolve(options.dataDir);
  const pods = join(dataDir, "pods");
  disk.makeDirectory(pods);
  const lock = disk.open(join(dataDir, "lock"), "create");
  lock.lock("exclusive", 0);
  const logs = new FileLogs(nodeName, pods, clock);
  const key = Buffer.from(random.bytes(SHARED_KEY_BYTES));
  const server = await serveHttp({
    ...listen,
    handler: logHandler(logs),
    logger,
    sharedKey: key,
  });
  const groups = openGroups(logger);
  const ending = new AbortController();
  const presence = new NodePresence({
    store,
    clock,
    logger,
    nodeName,
    reach: { address: listen.host, port: server.port, key: key.toString("base64") },
    status: nodeStatus(listen.host),
    signal: ending.signal,
  });
  const worker = new Worker({
    store,
    clock,
    random,
    logger,
    nodeName,
    hostIP: listen.host,
    mayStart: () => presence.present,
    open: (pod, sources, onChange) =>
      new PodRun(pod, {
        folder: join(pods, pod.metadata.uid ?? ""),
        sources,
        restartMs: options.restartMs,
        groups,
        runtimeName: options.runtimeName ?? "process",
        onChange,
      }),
    known: () => knownPods(pods),
    endUnknown: (uid) => endUnknown(join(pods, uid)),
  });
  await worker.start();
  const present = presence.run();
  const pruning = clock.setRepeating(LOG_PRUNE_MS, () => {
    pruneLogs(pods, (uid) => worker.has(uid), clock.wallTime());
    // What was being killed when its container ended may have been in its group for a moment more.
    groups?.removeAllEmpty();
  });
  return {
    logs,
    async stop() {
      if (ending.signal.aborted) return;
      pruning.cancel();
      await server.close();
      await worker.stop();
      ending.abort();
      await present;
      lock.close();
    },
  };
}

/** Undefined, and said once, where limits of containers cannot be kept. */
function openGroups(logger: Logger): ControlGroups | undefined {
  try {
    const groups = ControlGroups.open();
    groups.removeAllEmpty();
    return groups;
  } catch (error) {
    logger.info("limits of containers are not kept: no control groups", { error: String(error) });
    return undefined;
  }
}

/** Kills what runs of a pod that the store does not know any more. */
function endUnknown(folder: string): void {
  if (!existsSync(folder)) return;
  for (const container of readdirSync(folder, { withFileTypes: true })) {
    if (!container.isDirectory()) continue;
    for (const name of readdirSync(join(folder, container.name))) {
      if (!/^\d+$/.test(name)) continue;
      const attempt = new Attempt(join(folder, container.name, name));
      attempt.refuse();
      attempt.sweep();
    }
  }
}

function nodeStatus(address: string): NonNullable<Node["status"]> {
  const resources = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1_024)}Ki`,
    pods: "1000",
  };
  return {
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: hostname() },
    ],
    capacity: resources,
    allocatable: resources,
    nodeInfo: {
      architecture: arch() === "x64" ? "amd64" : arch(),
      operatingSystem: "linux",
      kernelVersion: release(),
      containerRuntimeVersion: "process://1",
      kubeletVersion: "v1.36.3",
    },
  };
}

import { join } from "node:path";
import { startCompactor } from "@nodetcd/compactor";
import {
  ObjectStore,
  type Part,
  startApi,
  startControllers,
  startWorker,
  type WorkerPart,
} from "@nodetcd/jobs";
import type { Clock, Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { takeStopSignals } from "../signals.ts";
import { readAccess, tell, welcome } from "./access.ts";
import { type OpenEtcd, openEtcd } from "./open-etcd.ts";
import type { JobsSettings } from "./settings.ts";

const PROCESSES =
  "Pods run as processes of this machine, by its own programs: images are not pulled. Docker and Podman run those whose runtimeClassName says so, or all with --runtime.";

/** How long history is kept, at least. */
const COMPACTION_MS = 300_000;

/** Times of another make than a user's, for tests that cannot wait for minutes. */
export interface JobsTiming {
  /** What schedules, deadlines and pauses go by; etcd is talked to by the machine's clock. Default: that as well. */
  readonly clock?: Clock;
  /** See `ControllersOptions`. */
  readonly leaseSeconds?: number;
  /** See `WorkerOptions`. */
  readonly restartMs?: number;
}

/** The console of these Jobs, over the etcd that holds their state. */
async function openConsole(
  address: string,
  { reach }: OpenEtcd,
  kubernetesUrl: string,
  logger: Logger,
): Promise<Part> {
  const { startConsoleBeside } = await import("../console/beside.ts");
  const kubernetes = { url: kubernetesUrl };
  const pages = await startConsoleBeside({ address, name: "jobs", ...reach, kubernetes, logger });
  tell(`Serving the console at ${pages.url}`);
  return { stop: () => pages.close() };
}

/** Starts the parts that were asked for, in the order in which they need each other. */
async function startParts(
  settings: JobsSettings,
  etcd: OpenEtcd,
  store: ObjectStore,
  logger: Logger,
  { leaseSeconds, restartMs }: JobsTiming,
): Promise<Part[]> {
  const parts: Part[] = [];
  const { host, port, nodeName, workerListen: listen } = settings;
  const runtime = { ...nodeRuntime, clock: store.runtime.clock };
  const common = { store, runtime, logger };
  let worker: WorkerPart | undefined;
  if (settings.worker) {
    const dataDir = join(settings.dataDir, "worker");
    const pause = restartMs === undefined ? {} : { restartMs };
    const { runtimeName } = settings;
    worker = await startWorker({ ...common, nodeName, dataDir, listen, runtimeName, ...pause });
    parts.push(worker);
    if (runtimeName === "process") tell(PROCESSES);
  }
  if (settings.api) {
    const logs = worker === undefined ? {} : { logs: worker.logs };
    const access = readAccess(settings);
    const api = await startApi({ ...common, host, port, ...logs, ...access });
    parts.push(api);
    welcome(settings, api.url);
    if (settings.console !== "")
      parts.push(await openConsole(settings.console, etcd, api.url, logger));
  }
  if (settings.controllers) {
    const identity = `${nodeName}-${process.pid}`;
    const lease = leaseSeconds === undefined ? {} : { leaseSeconds };
    parts.push(startControllers({ ...common, identity, ...lease }));
    // Kubernetes' API servers do the same; of several one acts.
    const compactor = startCompactor({
      client: store.client,
      clock: nodeRuntime.clock,
      logger,
      intervalMs: COMPACTION_MS,
    });
    parts.push({ stop: () => compactor.stop() });
  }
  return parts;
}

/** Serves until a signal; gives the exit status. */
export async function serveJobs(
  settings: JobsSettings,
  logger: Logger,
  timing: JobsTiming,
): Promise<number> {
  const signal = takeStopSignals(() => logger.error("stopping took too long, leaving"));
  const etcd = await openEtcd(settings, logger);
  const runtime = { ...nodeRuntime, clock: timing.clock ?? nodeRuntime.clock };
  const store = new ObjectStore({ client: etcd.client, runtime });
  const parts = await startParts(settings, etcd, store, logger, timing);
  const ended = await Promise.race([signal, etcd.failed ?? signal]);
  for (const part of parts.toReversed()) await part.stop();
  await etcd.close();
  if (!(ended instanceof Error)) return 0;
  tell(`The etcd member failed: ${ended.message}`);
  return 1;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import {
  isLoopback,
  ObjectStore,
  type Part,
  readTokens,
  startApi,
  startControllers,
  startWorker,
  type TokenUser,
  type WorkerPart,
} from "@nodetcd/jobs";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, type Member, startMember } from "@nodetcd/server";
import { CliError } from "../errors.ts";
import { JOBS_USAGE, type JobsSettings, readJobsSettings } from "../jobs/settings.ts";
import { jsonFormat } from "../log/format.ts";
import { lineLogger } from "../log/logger.ts";
import { takeStopSignals } from "../signals.ts";

interface OpenEtcd {
  readonly client: Client;
  /** The member in this process, if there is one. */
  readonly member: Member | undefined;
}

/** The etcd that holds the state: servers elsewhere, or a member in this process. */
async function openEtcd({ etcdServers, dataDir }: JobsSettings, logger: Logger): Promise<OpenEtcd> {
  if (etcdServers.length > 0) {
    const client = new Client({ runtime: nodeRuntime, endpoints: etcdServers, logger });
    return { client, member: undefined };
  }
  const config = {
    ...defaultConfig,
    name: "jobs",
    dataDir: join(dataDir, "etcd"),
    listenClientUrls: [],
    listenPeerUrls: [],
  };
  const member = await startMember(nodeRuntime, config, logger);
  const client = new Client({ runtime: nodeRuntime, services: member.services, logger });
  return { client, member };
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

const OPEN = "Who can reach it can run programs here, as the user that this runs as.";
const BEYOND =
  "WARNING: it listens beyond this machine and asks nobody who they are: see --token-auth-file";
const UNENCRYPTED =
  "WARNING: it listens beyond this machine without encryption: tokens can be read on the way";

function readTokenFile(file: string): { tokens?: TokenUser[] } {
  if (file === "") return {};
  try {
    return { tokens: readTokens(readFileSync(file, "utf8")) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(
      "BAD_CONFIGURATION",
      `--token-auth-file ${file}: ${why}`,
      "Nothing was started",
    );
  }
}

/** The console of these Jobs, over the etcd that holds their state. */
async function openConsole(
  { console: address, etcdServers }: JobsSettings,
  { member }: OpenEtcd,
  kubernetesUrl: string,
  logger: Logger,
): Promise<Part> {
  const { startConsoleBeside } = await import("../console/beside.ts");
  const pages = await startConsoleBeside({
    address,
    name: "jobs",
    ...(member === undefined ? { endpoints: etcdServers } : { services: member.services }),
    kubernetes: { url: kubernetesUrl },
    logger,
  });
  tell(`Serving the console at ${pages.url}`);
  return { stop: () => pages.close() };
}

/** Starts the parts that were asked for, in the order in which they need each other. */
async function startParts(
  settings: JobsSettings,
  etcd: OpenEtcd,
  store: ObjectStore,
  logger: Logger,
): Promise<Part[]> {
  const parts: Part[] = [];
  const { host, port, nodeName } = settings;
  const common = { store, runtime: nodeRuntime, logger };
  let worker: WorkerPart | undefined;
  if (settings.worker) {
    const dataDir = join(settings.dataDir, "worker");
    worker = await startWorker({ ...common, nodeName, dataDir });
    parts.push(worker);
  }
  if (settings.api) {
    const logs = worker === undefined ? {} : { logs: worker.logs };
    const tokens = readTokenFile(settings.tokenFile);
    const api = await startApi({ ...common, host, port, ...logs, ...tokens });
    parts.push(api);
    tell(`Serving Kubernetes' API for Jobs. Try: kubectl -s ${api.url} get jobs`);
    if (settings.console !== "") parts.push(await openConsole(settings, etcd, api.url, logger));
    if (settings.tokenFile === "") tell(OPEN);
    if (!isLoopback(host)) tell(settings.tokenFile === "" ? BEYOND : UNENCRYPTED);
  }
  if (settings.controllers) {
    const identity = `${nodeName}-${process.pid}`;
    parts.push(startControllers({ ...common, identity }));
  }
  return parts;
}

async function serve(settings: JobsSettings, logger: Logger): Promise<number> {
  const signal = takeStopSignals(() => logger.error("stopping took too long, leaving"));
  const etcd = await openEtcd(settings, logger);
  const { client, member } = etcd;
  const store = new ObjectStore({ client, runtime: nodeRuntime });
  const parts = await startParts(settings, etcd, store, logger);
  const ended = await Promise.race([signal, member?.failed ?? signal]);
  for (const part of parts.toReversed()) await part.stop();
  client.close();
  await member?.stop();
  if (!(ended instanceof Error)) return 0;
  tell(`The etcd member failed: ${ended.message}`);
  return 1;
}

/** `nodetcd jobs [flags]`: serves until a signal. */
export async function jobs(args: readonly string[]): Promise<number> {
  const write = (lines: string): void => void process.stderr.write(lines);
  const { clock } = nodeRuntime;
  const logger = lineLogger({ clock, level: "warn", format: jsonFormat, write });
  try {
    const settings = readJobsSettings(args);
    if (settings !== undefined) return await serve(settings, logger);
    process.stdout.write(JOBS_USAGE);
    return 0;
  } catch (error) {
    if (error instanceof CliError) {
      tell(`${error.message}\n${error.advice}`);
      return error.exitCode;
    }
    tell(`nodetcd jobs cannot start: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

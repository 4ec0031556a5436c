import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "@nodetcd/client";
import { ObjectStore, type Part, startApi } from "@nodetcd/jobs";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, type Member, startMember } from "@nodetcd/server";
import { CliError } from "../errors.ts";
import { jsonFormat } from "../log/format.ts";
import { lineLogger } from "../log/logger.ts";
import { takeStopSignals } from "../signals.ts";

const USAGE = `Usage:

  nodetcd jobs [flags]
    Jobs and CronJobs that kubectl drives, without a cluster: kubectl -s http://127.0.0.1:8080 get jobs

  --data-dir 'nodetcd-jobs'
    Folder of the embedded etcd member.
  --listen '127.0.0.1:8080'
    Where the API is served, host:port. Port 0 is a free one.
  --etcd-servers ''
    Comma-separated etcd servers that hold the state. Default: a member in this process.
`;

interface Settings {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly etcdServers: readonly string[];
}

function readListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new CliError("USAGE", `--listen ${text} is not host:port`, "Example: 127.0.0.1:8080");
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

function readArguments(args: readonly string[]): Settings | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        "data-dir": { type: "string", default: "nodetcd-jobs" },
        listen: { type: "string", default: "127.0.0.1:8080" },
        "etcd-servers": { type: "string", default: "" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) return undefined;
    return {
      dataDir: resolve(values["data-dir"]),
      ...readListen(values.listen),
      etcdServers: values["etcd-servers"].split(",").filter((server) => server !== ""),
    };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError("USAGE", why, "See nodetcd jobs --help");
  }
}

/** The etcd that holds the state: servers elsewhere, or a member in this process. */
async function openStore(
  { etcdServers, dataDir }: Settings,
  logger: Logger,
): Promise<{ client: Client; member: Member | undefined }> {
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

async function serve(settings: Settings, logger: Logger): Promise<number> {
  const signal = takeStopSignals(() => logger.error("stopping took too long, leaving"));
  const { client, member } = await openStore(settings, logger);
  const store = new ObjectStore({ client, runtime: nodeRuntime });
  const parts: Part[] = [];
  const { host, port } = settings;
  const api = await startApi({ store, runtime: nodeRuntime, logger, host, port });
  parts.push(api);
  process.stderr.write(`Serving Kubernetes' API for Jobs: kubectl -s ${api.url} get jobs\n`);
  const ended = await Promise.race([signal, member?.failed ?? signal]);
  for (const part of parts.toReversed()) await part.stop();
  client.close();
  await member?.stop();
  return ended instanceof Error ? 1 : 0;
}

/** `nodetcd jobs [flags]`: serves until a signal. */
export async function jobs(args: readonly string[]): Promise<number> {
  const write = (lines: string): void => void process.stderr.write(lines);
  const { clock } = nodeRuntime;
  const logger = lineLogger({ clock, level: "warn", format: jsonFormat, write });
  try {
    const settings = readArguments(args);
    if (settings !== undefined) return await serve(settings, logger);
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    if (error instanceof CliError) {
      process.stderr.write(`${error.message}\n${error.advice}\n`);
      return error.exitCode;
    }
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`nodetcd jobs cannot start: ${why}\n`);
    return 1;
  }
}

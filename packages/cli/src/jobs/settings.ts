import { hostname } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { CliError } from "../errors.ts";
import { CONSOLE_ADDRESS } from "../flags/operations.ts";

export const JOBS_USAGE: string = `Usage:

  nodetcd jobs [flags]
    Jobs and CronJobs that kubectl drives, without a cluster:
    kubectl -s http://127.0.0.1:8080 apply -f job.yaml

  --data-dir 'nodetcd-jobs'
    Folder of the embedded etcd member, and of the worker's logs and volumes.
  --listen '127.0.0.1:8080'
    Where the API is served, host:port. Port 0 is a free one.
  --token-auth-file ''
    Lines of token,user,uid,"groups", as kube-apiserver reads them: only who shows a token is let in. The
    group system:masters may do everything, namespace:NAME everything in that namespace, and
    namespace:NAME:read may look. Without it everybody who reaches the address may do everything.
  --etcd-servers ''
    Comma-separated etcd servers that hold the state. Default: a member in this process.
  --api, --controllers, --worker
    Only these parts. Default: all of them. Parts meet in etcd only, so that each may run elsewhere
    and more than once: of several controllers one leads, and each worker is a node.
  --console[=host:port]
    Serve the console's pages too, by default at ${CONSOLE_ADDRESS}: what these Jobs do, and the keys they
    are kept in. Not with --token-auth-file: the console asks nobody for a token.
  --node-name '${hostname().toLowerCase()}'
    Name of the worker's node: unique, and the same after a restart.
`;

export interface JobsSettings {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly etcdServers: readonly string[];
  /** Empty: no tokens are asked for. */
  readonly tokenFile: string;
  readonly api: boolean;
  readonly controllers: boolean;
  readonly worker: boolean;
  readonly nodeName: string;
  /** `host:port` of the console; "" for none. */
  readonly console: string;
}

function readListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new CliError("USAGE", `--listen ${text} is not host:port`, "Example: 127.0.0.1:8080");
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

const OPTIONS = {
  "data-dir": { type: "string", default: "nodetcd-jobs" },
  listen: { type: "string", default: "127.0.0.1:8080" },
  "etcd-servers": { type: "string", default: "" },
  "token-auth-file": { type: "string", default: "" },
  api: { type: "boolean", default: false },
  controllers: { type: "boolean", default: false },
  worker: { type: "boolean", default: false },
  console: { type: "string", default: "" },
  "node-name": { type: "string", default: hostname().toLowerCase() },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads the command line; `undefined` when help is asked for. */
export function readJobsSettings(args: readonly string[]): JobsSettings | undefined {
  let values;
  try {
    const given = args.map((arg) => (arg === "--console" ? `--console=${CONSOLE_ADDRESS}` : arg));
    ({ values } = parseArgs({ args: given, options: OPTIONS }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError("USAGE", why, "See nodetcd jobs --help");
  }
  if (values.help) return undefined;
  const { api, controllers, worker } = values;
  const all = !api && !controllers && !worker;
  const settings = {
    dataDir: resolve(values["data-dir"]),
    ...readListen(values.listen),
    etcdServers: values["etcd-servers"].split(",").filter((server) => server !== ""),
    tokenFile: values["token-auth-file"],
    api: all || api,
    controllers: all || controllers,
    worker: all || worker,
    nodeName: values["node-name"],
    console: values.console,
  };
  if (settings.console !== "" && (settings.tokenFile !== "" || !settings.api)) {
    throw new CliError(
      "USAGE",
      "--console goes with --api, and not with --token-auth-file: who reaches the console may see all Jobs",
      "Give a console a token of its own: nodetcd console --kubernetes URL",
    );
  }
  if (settings.etcdServers.length === 0 && !settings.api) {
    throw new CliError(
      "USAGE",
      "Controllers or a worker alone need an etcd that others reach as well",
      "Give --etcd-servers, or --api as well",
    );
  }
  return settings;
}

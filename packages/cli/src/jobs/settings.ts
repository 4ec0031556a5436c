import { hostname } from "node:os";
import { resolve } from "node:path";
import { type Grants, readGrants, type RuntimeName, RUNTIMES, type TlsFiles } from "@nodetcd/jobs";
import { type ClientAccess, CommandLine, type Parsed } from "../client-flags.ts";
import { CliError } from "../errors.ts";
import { CONSOLE_ADDRESS } from "../flags/operations.ts";

export const JOBS_USAGE: string = `Usage:

  nodetcd jobs [flags]
    Jobs and CronJobs that kubectl drives, without a cluster:
    kubectl -s http://127.0.0.1:8080 apply -f job.yaml
  nodetcd jobs export [flags]
    What it holds as YAML for any Kubernetes; see its --help.

  --data-dir 'nodetcd-jobs'
    Folder of the embedded etcd member, and of the worker's logs and volumes.
  --listen '127.0.0.1:8080'
    Where the API is served, host:port. Port 0 is a free one.
  --token-auth-file ''
    Lines of token,user,uid,"groups", as kube-apiserver reads them: only who shows a token is let in. The
    group system:masters may do everything, namespace:NAME everything in that namespace, and
    namespace:NAME:read may look. Without it, and without --client-ca-file, everybody who reaches the
    address may do everything.
  --tls-cert-file '', --tls-private-key-file ''
    PEM files of the API's certificate and key ('nodetcd certs' makes some): it is served over TLS. New
    contents are taken without a restart.
  --client-ca-file ''
    PEM file of the roots of clients' certificates: only who shows such a certificate, or a token, is let
    in. The user is its common name, the groups are its organizations.
  --allow USER=NAMESPACE
    What a user may do, as the groups above: bob=default, carol=default:read, alice=* for everything. Once
    for each.
  --etcd-servers ''
    Comma-separated etcd servers that hold the state. Default: a member in this process.
  --etcd-cafile '', --etcd-certfile '', --etcd-keyfile '', --etcd-user ''
    PEM files for https:// servers, and name:password (or NODETCD_JOBS_USER) where etcd has users.
  --api, --controllers, --worker
    Only these parts. Default: all of them. Parts meet in etcd only, so that each may run elsewhere
    and more than once: of several controllers one leads, and each worker is a node.
  --console[=host:port]
    Serve the console's pages too, by default at ${CONSOLE_ADDRESS}: what these Jobs do, and the keys they
    are kept in. Not with tokens or TLS: the console asks nobody for a token.
  --worker-listen '127.0.0.1:0'
    Where a worker is asked for its logs by API servers that run elsewhere, host:port: an address that they
    reach (no wildcard), port 0 is a free one. They find it, and the key that lets them in, in etcd.
  --runtime 'process'
    What runs the containers of pods whose runtimeClassName does not say it: process, the programs of this
    machine (images are not looked at), or docker or podman, which must be installed.
  --node-name '${hostname().toLowerCase()}'
    Name of the worker's node: unique, and the same after a restart.
`;

export interface JobsSettings {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** Undefined: a member in this process. */
  readonly etcd: ClientAccess | undefined;
  /** Empty: no tokens are asked for. */
  readonly tokenFile: string;
  readonly tls: TlsFiles | undefined;
  readonly grants: Grants;
  readonly api: boolean;
  readonly controllers: boolean;
  readonly worker: boolean;
  readonly runtimeName: RuntimeName;
  readonly nodeName: string;
  readonly workerListen: { readonly host: string; readonly port: number };
  /** `host:port` of the console; "" for none. */
  readonly console: string;
}

function readListen(flag: string, text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new CliError("USAGE", `${flag} ${text} is not host:port`, "Example: 127.0.0.1:8080");
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

const OPTIONS = {
  "data-dir": { type: "string", default: "nodetcd-jobs" },
  listen: { type: "string", default: "127.0.0.1:8080" },
  "etcd-servers": { type: "string", default: "" },
  "etcd-cafile": { type: "string", default: "" },
  "etcd-certfile": { type: "string", default: "" },
  "etcd-keyfile": { type: "string", default: "" },
  "etcd-user": { type: "string", default: "" },
  "token-auth-file": { type: "string", default: "" },
  "tls-cert-file": { type: "string", default: "" },
  "tls-private-key-file": { type: "string", default: "" },
  "client-ca-file": { type: "string", default: "" },
  allow: { type: "string", multiple: true },
  api: { type: "boolean", default: false },
  controllers: { type: "boolean", default: false },
  worker: { type: "boolean", default: false },
  console: { type: "string", default: "" },
  "worker-listen": { type: "string", default: "127.0.0.1:0" },
  runtime: { type: "string", default: "process" },
  "node-name": { type: "string", default: hostname().toLowerCase() },
  help: { type: "boolean", short: "h", default: false },
} as const;

const LINE = new CommandLine("jobs");
type Values = Parsed<typeof OPTIONS>;

function etcdOf(values: Values): ClientAccess | undefined {
  if (values["etcd-servers"] === "") return undefined;
  return LINE.clientOptions({
    endpoints: values["etcd-servers"],
    user: values["etcd-user"],
    cacert: values["etcd-cafile"],
    cert: values["etcd-certfile"],
    key: values["etcd-keyfile"],
  });
}

function tlsOf(values: Values): TlsFiles | undefined {
  const certFile = values["tls-cert-file"];
  const keyFile = values["tls-private-key-file"];
  const clientCaFile = values["client-ca-file"];
  if ((certFile === "") !== (keyFile === "")) {
    throw LINE.usage("--tls-cert-file and --tls-private-key-file go together");
  }
  if (certFile !== "")
    return { certFile, keyFile, ...(clientCaFile === "" ? {} : { clientCaFile }) };
  if (clientCaFile === "") return undefined;
  throw LINE.usage("--client-ca-file needs --tls-cert-file and --tls-private-key-file");
}

function grantsOf({ allow = [] }: Values, asksWho: boolean): Grants {
  if (allow.length > 0 && !asksWho) {
    throw LINE.usage("--allow needs users: give --token-auth-file or --client-ca-file");
  }
  try {
    return readGrants(allow);
  } catch (error) {
    throw LINE.usage(`--allow ${error instanceof Error ? error.message : String(error)}`);
  }
}

function runtimeNameOf({ runtime }: Values): RuntimeName {
  const name = RUNTIMES.find((each) => each === runtime);
  if (name !== undefined) return name;
  throw LINE.usage(`--runtime ${runtime} is none of ${RUNTIMES.join(", ")}`);
}

function workerListenOf(values: Values): JobsSettings["workerListen"] {
  const listen = readListen("--worker-listen", values["worker-listen"]);
  if (!["", "0.0.0.0", "::"].includes(listen.host)) return listen;
  throw LINE.usage("--worker-listen names the address that API servers reach this machine by");
}

/** Reads the command line; `undefined` when help is asked for. */
export function readJobsSettings(args: readonly string[]): JobsSettings | undefined {
  const given = args.map((arg) => (arg === "--console" ? `--console=${CONSOLE_ADDRESS}` : arg));
  const values = LINE.parse(given, OPTIONS);
  if (values.help) return undefined;
  const { api, controllers, worker } = values;
  const all = !api && !controllers && !worker;
  const tls = tlsOf(values);
  const tokenFile = values["token-auth-file"];
  const settings = {
    dataDir: resolve(values["data-dir"]),
    ...readListen("--listen", values.listen),
    etcd: etcdOf(values),
    tokenFile,
    tls,
    grants: grantsOf(values, tokenFile !== "" || tls?.clientCaFile !== undefined),
    api: all || api,
    controllers: all || controllers,
    worker: all || worker,
    nodeName: values["node-name"],
    runtimeName: runtimeNameOf(values),
    workerListen: workerListenOf(values),
    console: values.console,
  };
  if (settings.console !== "" && (tokenFile !== "" || tls !== undefined || !settings.api)) {
    throw new CliError(
      "USAGE",
      "--console goes with --api, and not with tokens or TLS: who reaches the console may see all Jobs",
      "Give a console a token of its own: nodetcd console --kubernetes URL",
    );
  }
  if (settings.etcd === undefined && !settings.api) {
    throw new CliError(
      "USAGE",
      "Controllers or a worker alone need an etcd that others reach as well",
      "Give --etcd-servers, or --api as well",
    );
  }
  return settings;
}

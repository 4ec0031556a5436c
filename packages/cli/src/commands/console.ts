import { ConsoleError } from "@nodetcd/console";
import { type RunningConsole, startConsole } from "@nodetcd/console/node";
import { EtcdError } from "@nodetcd/client";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { CLIENT_FLAGS, CommandLine, listOf, type Parsed } from "../client-flags.ts";
import { CliError } from "../errors.ts";
import { openLog } from "../log/open-log.ts";
import { SIGNAL_WORDS, takeStopSignals } from "../signals.ts";
import { ownVersion } from "../version.ts";

/** How long the end waits for a reader of the last log lines, in milliseconds. */
const LAST_LINES_MS = 50;

const HELP = `Usage:
  nodetcd console [flags]

Serves pages to look into a cluster and to mend it. Works on any etcd from 3.4 on. It reads only, unless
it is told otherwise.

Flags:
  --endpoints 'http://127.0.0.1:2379'
    Members of the cluster, separated by commas.
  --listen '127.0.0.1:2390'
    Where the pages are served; port 0 picks one. In front of an address that others reach there should be
    a proxy with TLS.
  --name ''
    Name of the cluster, in headings and as what is typed before something that destroys. Default: the
    first endpoint.
  --allow-writes
    Let people unlock writing for 15 minutes, by typing the cluster's name.
  --user ''
    name:password of an etcd user for the console's own samples, where etcd has users. People sign in by
    themselves. The environment variable NODETCD_CONSOLE_USER does the same without showing in 'ps'.
  --cacert '', --cert '', --key ''
    PEM files for members that speak TLS (https:// endpoints): roots, own certificate and its key.
  --path-prefix ''
    Path below which a proxy serves the pages, such as /etcd.
  --allow-host ''
    More host names that the console may be asked by, separated by commas; * for any.
  --state-dir ''
    Folder for samples and the audit list. Default: nodetcd/console in $XDG_STATE_HOME, or in
    ~/.local/state. 'none' keeps them in memory.
  --kubernetes ''
    Address of a Kubernetes API for the Jobs page, such as that of 'nodetcd jobs'. A bearer token for it is
    taken from the environment variable NODETCD_CONSOLE_KUBERNETES_TOKEN.
  --kubernetes-ca ''
    File of PEM certificates that an https API is checked against. Default: the system's.
  --log-level 'info'
    debug, info, warn or error.
`;

const FLAGS = {
  ...CLIENT_FLAGS,
  listen: { type: "string", default: "127.0.0.1:2390" },
  name: { type: "string", default: "" },
  "allow-writes": { type: "boolean", default: false },
  "path-prefix": { type: "string", default: "" },
  "allow-host": { type: "string", default: "" },
  "state-dir": { type: "string", default: "" },
  kubernetes: { type: "string", default: "" },
  "kubernetes-ca": { type: "string", default: "" },
  "log-level": { type: "string", default: "info" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const LINE = new CommandLine("console");

type Values = Parsed<typeof FLAGS>;

/** `nodetcd console`: serves the pages until a signal. */
export async function consoleCommand(args: readonly string[]): Promise<number> {
  try {
    const values = LINE.parse(args, FLAGS);
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const level = ["debug", "info", "warn", "error"].find((one) => one === values["log-level"]);
    if (level === undefined)
      throw LINE.usage(`invalid value "${values["log-level"]}" for --log-level`);
    const log = openLog(
      { level: level as "info", format: "auto", outputs: ["default"] },
      nodeRuntime.clock,
    );
    const code = await serve(values, log.logger);
    await log.flush(LAST_LINES_MS);
    return code;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`${error.message}\n${error.advice}\n`);
    return error.exitCode;
  }
}

async function serve(values: Values, logger: Logger): Promise<number> {
  const signal = takeStopSignals(() => logger.error("stopping took too long, leaving"));
  let running: RunningConsole;
  try {
    running = await startConsole(optionsOf(values, logger));
  } catch (error) {
    if (error instanceof ConsoleError) throw LINE.usage(error.message, `${error.advice} `);
    if (error instanceof EtcdError && error.code === "BAD_ARGUMENT")
      throw LINE.usage(error.message);
    logger.error("failed to start", {
      error: error instanceof Error ? error.message : String(error),
    });
    return 1;
  }
  logger.info("serving the console", { url: running.url, endpoints: values.endpoints });
  if (process.stderr.isTTY === true) process.stderr.write(`\n  Open ${running.url}\n\n`);
  logger.info("received signal; stopping", { signal: SIGNAL_WORDS[await signal] });
  await running.close();
  return 0;
}

function optionsOf(values: Values, logger: Logger): Parameters<typeof startConsole>[0] {
  const { credentials, tls, endpoints } = LINE.clientOptions(values);
  return {
    endpoints,
    listen: values.listen,
    ...(values.name === "" ? {} : { name: values.name }),
    writes: values["allow-writes"] ? "locked" : "never",
    ...(credentials === undefined ? {} : { credentials }),
    ...(tls === undefined ? {} : { tls }),
    prefix: values["path-prefix"],
    allowHosts: listOf(values["allow-host"]),
    ...(values["state-dir"] === ""
      ? {}
      : { stateFolder: values["state-dir"] === "none" ? "" : values["state-dir"] }),
    ...(values.kubernetes === "" ? {} : { kubernetes: kubernetesOf(values) }),
    version: ownVersion(),
    logger,
  };
}

function kubernetesOf(values: Values): { url: string; token?: string; ca?: string } {
  const token = process.env["NODETCD_CONSOLE_KUBERNETES_TOKEN"];
  const file = values["kubernetes-ca"];
  return {
    url: values.kubernetes,
    ...(token === undefined ? {} : { token }),
    ...(file === "" ? {} : { ca: LINE.readPem("kubernetes-ca", file) }),
  };
}

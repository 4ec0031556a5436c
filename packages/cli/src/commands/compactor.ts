import { Client } from "@nodetcd/client";
import { compactOnce, CompactorError, startCompactor } from "@nodetcd/compactor";
import { goDuration, type Logger, parseGoDuration } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { CLIENT_FLAGS, CommandLine, type Parsed } from "../client-flags.ts";
import { CliError } from "../errors.ts";
import { LOG_FORMATS } from "../flags/draft.ts";
import { openLog } from "../log/open-log.ts";
import { serveMetrics } from "../serve-metrics.ts";
import { SIGNAL_WORDS, takeStopSignals } from "../signals.ts";

/** How long the end waits for a reader of the last log lines, in milliseconds. */
const LAST_LINES_MS = 50;

const HELP = `Usage:
  nodetcd compactor [flags]

Compacts the history of a cluster every interval, with the protocol of Kubernetes' API servers: of all
compactors of a cluster, theirs among them, one acts in each interval. History is kept for one to two
intervals. Works on any etcd.

Flags:
  --endpoints 'http://127.0.0.1:2379'
    Members of the cluster, separated by commas.
  --user ''
    name:password of a user with the role root, where etcd has users. The environment variable
    NODETCD_COMPACTOR_USER does the same without showing in 'ps'.
  --cacert '', --cert '', --key ''
    PEM files for members that speak TLS (https:// endpoints): roots, own certificate and its key.
  --interval '5m'
    Time between rounds, such as 90s or 1h30m.
  --once
    Play one round now and end: for cron. History before the last round of any compactor goes.
  --dry-run
    Say what would be done, and change nothing.
  --pin-limit '24h'
    How long a pin of 'client.pin' is respected; 0 respects none.
  --metrics-listen ''
    Serve /metrics for Prometheus at this host:port.
  --log-level 'info'
    debug, info, warn or error.
  --log-format 'auto'
    json, console, or auto: console on a terminal, json elsewhere.
`;

const FLAGS = {
  ...CLIENT_FLAGS,
  interval: { type: "string", default: "5m" },
  once: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  "pin-limit": { type: "string", default: "24h" },
  "metrics-listen": { type: "string", default: "" },
  "log-level": { type: "string", default: "info" },
  "log-format": { type: "string", default: "auto" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const LINE = new CommandLine("compactor");

type Values = Parsed<typeof FLAGS>;

/** `nodetcd compactor`: compacts until a signal, or once. */
export async function compactor(args: readonly string[]): Promise<number> {
  try {
    const values = LINE.parse(args, FLAGS);
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const log = openLog(
      {
        level: choice("log-level", values["log-level"], ["debug", "info", "warn", "error"]),
        format: choice("log-format", values["log-format"], LOG_FORMATS),
        outputs: ["default"],
      },
      nodeRuntime.clock,
    );
    const code = await run(values, log.logger);
    await log.flush(LAST_LINES_MS);
    return code;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`${error.message}\n${error.advice}\n`);
    return error.exitCode;
  }
}

async function run(values: Values, logger: Logger): Promise<number> {
  const intervalMs = duration("interval", values.interval);
  const pinLimitMs = duration("pin-limit", values["pin-limit"]);
  const signal = takeStopSignals(() => logger.error("stopping took too long, leaving"));
  const client = connect(values);
  const { clock } = nodeRuntime;
  const options = { client, clock, logger, intervalMs, pinLimitMs, dryRun: values["dry-run"] };
  try {
    if (values.once) return (await compactOnce(options)).outcome === "failed" ? 1 : 0;
    await using running = startCompactor(options);
    const metrics = await serveMetrics(values["metrics-listen"], () => running.metrics.text());
    logger.info("compacting", {
      endpoints: client.endpoints,
      interval: goDuration(intervalMs),
      "pin-limit": goDuration(pinLimitMs),
      "dry-run": values["dry-run"],
      metrics: metrics.url,
    });
    logger.info("received signal; stopping", { signal: SIGNAL_WORDS[await signal] });
    await metrics.close();
    return 0;
  } catch (error) {
    if (error instanceof CompactorError) throw LINE.usage(error.message);
    if (error instanceof CliError || !(error instanceof Error)) throw error;
    logger.error("failed", { error: error.message });
    return 1;
  } finally {
    client.close();
    await client.closed;
  }
}

function connect(values: Values): Client {
  const options = LINE.clientOptions(values);
  try {
    return new Client({ runtime: nodeRuntime, ...options });
  } catch (error) {
    throw LINE.usage(error instanceof Error ? error.message : String(error));
  }
}

function duration(name: string, text: string): number {
  const milliseconds = parseGoDuration(text);
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
  throw LINE.usage(
    `invalid value "${text}" for --${name}: write a duration such as 90s, 5m or 1h30m`,
  );
}

function choice<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found !== undefined) return found;
  throw LINE.usage(`invalid value "${text}" for --${name}: it is one of ${allowed.join(", ")}`);
}

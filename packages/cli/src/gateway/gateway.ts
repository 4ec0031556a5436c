import { networkInterfaces } from "node:os";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { Command, Invocation } from "../command-line/command.ts";
import { EXIT, ExitError } from "../command-line/exit.ts";
import { durationFlag, stringFlag, stringsFlag, switchFlag } from "../command-line/flag.ts";
import { runTool } from "../command-line/run.ts";
import { jsonFormat } from "../log/format.ts";
import { lineLogger } from "../log/logger.ts";
import { notifySystemd } from "../notify-systemd.ts";
import { SIGNAL_WORDS, takeStopSignals } from "../signals.ts";
import { discoverRemotes, parseEndpoint } from "./find-remotes.ts";
import { type Proxy, startProxy } from "./proxy.ts";
import { addressOf, type Remote } from "./remotes.ts";

const FLAGS = {
  discoverySrv: stringFlag("discovery-srv", "DNS domain used to bootstrap initial cluster"),
  discoverySrvName: stringFlag(
    "discovery-srv-name",
    "service name to query when using DNS discovery",
  ),
  endpoints: stringsFlag("endpoints", "comma separated etcd cluster endpoints", ["127.0.0.1:2379"]),
  insecureDiscovery: switchFlag("insecure-discovery", "accept insecure SRV records"),
  listenAddr: stringFlag("listen-addr", "listen address", "127.0.0.1:23790"),
  retryDelay: durationFlag(
    "retry-delay",
    "duration of delay before retrying failed endpoints",
    60_000,
  ),
  trustedCaFile: stringFlag(
    "trusted-ca-file",
    "path to the client server TLS CA file for verifying the discovered endpoints when discovery-srv is provided.",
  ),
};

const GATEWAY: Command<Invocation> = {
  use: "nodetcd gateway",
  short: "gateway related command",
  subcommands: [
    {
      use: "start",
      short: "start the gateway",
      flags: Object.values(FLAGS),
      run: runGateway,
    },
  ],
};

/** `nodetcd gateway`: etcd's TCP proxy for clients that know one address. Returns the exit code. */
export function gateway(words: readonly string[]): Promise<number> {
  const explain = (): undefined => undefined;
  return runTool({ root: GATEWAY, hint: "", extend: (call) => call, explain }, words);
}

async function runGateway({ flags, err }: Invocation): Promise<void> {
  const logger = lineLogger({
    clock: nodeRuntime.clock,
    level: "info",
    format: jsonFormat,
    write: (lines) => {
      err.write(lines);
      err.flush();
    },
  });
  const signal = takeStopSignals(() => logger.error("stopping took too long, leaving"));
  const remotes = await findRemotes(flags, logger);
  const proxy = await open(flags, remotes, logger);
  logger.info("ready to proxy client requests", { endpoints: remotes.map(addressOf) });
  void notifySystemd(process.env, logger);
  logger.info("received signal; shutting down", { signal: SIGNAL_WORDS[await signal] });
  await proxy.close();
}

async function findRemotes(flags: Invocation["flags"], logger: Logger): Promise<Remote[]> {
  const domain = flags.get(FLAGS.discoverySrv);
  const remotes =
    domain === ""
      ? flags.get(FLAGS.endpoints).map(parseEndpoint)
      : await discoverRemotes(
          {
            domain,
            service: flags.get(FLAGS.discoverySrvName),
            isInsecureTaken: flags.get(FLAGS.insecureDiscovery),
            caFile: flags.get(FLAGS.trustedCaFile),
          },
          (message, address) => logger.warn(message, { address }),
        );
  if (remotes.length === 0) throw new ExitError(EXIT.error, "no endpoints found");
  return remotes;
}

async function open(
  flags: Invocation["flags"],
  remotes: readonly Remote[],
  logger: Logger,
): Promise<Proxy> {
  const address = flags.get(FLAGS.listenAddr);
  const match = /^(\[[^\]]+\]|[^:]*):(\d+)$/.exec(address);
  if (match === null || Number(match[2]) > 65_535) {
    throw new ExitError(EXIT.error, `failed to validate listen address: ${address}`);
  }
  const listen = { host: match[1]!.replace(/^\[|\]$/g, "") || "::", port: Number(match[2]) };
  refuseItself(listen, remotes);
  const retryDelayMs = Math.max(1, flags.get(FLAGS.retryDelay));
  try {
    return await startProxy({ listen, remotes, retryDelayMs, logger });
  } catch (error) {
    throw new ExitError(EXIT.error, error instanceof Error ? error.message : String(error));
  }
}

/** Raises `ExitError` for an endpoint that is this gateway: each of its connections would open the next (CVE-2020-15114). */
function refuseItself(listen: { host: string; port: number }, remotes: readonly Remote[]): void {
  const own = new Set([listen.host]);
  if (["::", "0.0.0.0"].includes(listen.host)) {
    const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const { address } of interfaces) own.add(address);
  }
  if (own.has("127.0.0.1") || own.has("::1")) own.add("localhost");
  const itself = remotes.find(({ host, port }) => port === listen.port && own.has(host));
  if (itself === undefined) return;
  const text = `the endpoint ${addressOf(itself)} is the address that the gateway itself listens on`;
  throw new ExitError(EXIT.error, text);
}

import { resolve } from "node:path";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Member, ServerError, startMember } from "@nodetcd/server";
import type { RunningConsole } from "@nodetcd/console/node";
import { banner } from "../banner.ts";
import { reachMember } from "../console/reach-member.ts";
import { CliError } from "../errors.ts";
import { readConfigText } from "../flags/config-text.ts";
import type { Draft } from "../flags/draft.ts";
import { helpText, type NamedCommand } from "../flags/help.ts";
import { readSettings } from "../flags/settings.ts";
import { jsonFormat } from "../log/format.ts";
import { lineLogger } from "../log/logger.ts";
import { isForPeople, openAuditOutput, openLog } from "../log/open-log.ts";
import { notifySystemd } from "../notify-systemd.ts";
import { SIGNAL_WORDS, type StopSignal, takeStopSignals } from "../signals.ts";
import { ownVersion, versionText } from "../version.ts";

/** How long the end waits for a reader of the last log lines, in milliseconds. */
const LAST_LINES_MS = 50;

/**
 * `nodetcd [server] [flags]`: serves until a signal, or until storage fails.
 *
 * @param commands for the text of `--help`
 */
export async function server(
  args: readonly string[],
  commands: readonly NamedCommand[],
): Promise<number> {
  try {
    const request = readSettings({
      args,
      environment: process.env,
      readFile: readConfigText,
    });
    if (request.kind === "help") {
      process.stdout.write(helpText(commands));
      return 0;
    }
    if (request.kind === "version") {
      process.stdout.write(versionText());
      return 0;
    }
    const log = openLog(request.settings.log, nodeRuntime.clock);
    const { config } = request.settings;
    if (request.settings.discovery.token !== "") {
      const { registryOf } = await import("../registry.ts");
      config.registry = registryOf(request.settings.discovery);
    }
    const audit = config.auditLog === "-" ? openAuditOutput() : undefined;
    config.auditOutput = audit?.write;
    const code = await serve(request.settings, log.logger);
    await audit?.flush(LAST_LINES_MS);
    await log.flush(LAST_LINES_MS);
    return code;
  } catch (error) {
    if (error instanceof CliError) return explain(error);
    throw error;
  }
}

/** Command lines are answered in plain text; the rest as etcd's log line, which programs read. */
function explain(error: CliError): number {
  if (error.code === "BAD_CONFIGURATION" && process.stderr.isTTY !== true) {
    const write = (lines: string): void => void process.stderr.write(lines);
    const logger = lineLogger({
      clock: nodeRuntime.clock,
      level: "info",
      format: jsonFormat,
      write,
    });
    logger.error("failed to verify flags", { error: error.message, advice: error.advice });
  } else {
    process.stderr.write(`${error.message}\n${error.advice}\n`);
  }
  return error.exitCode;
}

async function serve(settings: Draft, logger: Logger): Promise<number> {
  const signal = takeStopSignals(() =>
    logger.error("stopping took too long, leaving; the log will be replayed at the next start"),
  );
  const { config } = settings;
  for (const { level, message, fields } of settings.notes) logger[level](message, fields);
  logger.info("Running: ", {
    args: process.argv.slice(1),
    "nodetcd-version": ownVersion(),
    "node-version": process.version,
  });
  let member: Member;
  try {
    const started = await Promise.race([signal, startMember(nodeRuntime, config, logger)]);
    if (typeof started === "string") {
      // Left as it is: a start can be cut off anywhere, as by a power cut.
      logger.info("received signal while starting; leaving", { signal: SIGNAL_WORDS[started] });
      return 0;
    }
    member = started;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    const where = code === undefined && error instanceof Error ? { stack: error.stack } : {};
    logger.error("failed to start", { error: messageOf(error), code, ...where });
    return code === "NOT_BUILT_YET" ? 2 : 1;
  }

  const pages = settings.console === "" ? undefined : await openConsole(settings, member, logger);
  if (pages === "failed") {
    await member.stop();
    return 1;
  }
  if (isForPeople(settings.log) && process.stderr.isTTY === true) {
    const dataDir = resolve(config.dataDir);
    const { clientUrls } = member;
    const { name } = config;
    const about = { name, version: ownVersion(), clientUrls, dataDir, pages: pages?.url };
    process.stderr.write(banner(about));
  }
  void notifySystemd(process.env, logger);
  const code = await untilStopped(member, signal, logger);
  await pages?.close();
  return code;
}

/** The console beside the member; says why when it does not start. */
async function openConsole(
  { config, console: address }: Draft,
  member: Member,
  logger: Logger,
): Promise<RunningConsole | "failed"> {
  try {
    const { startConsoleBeside } = await import("../console/beside.ts");
    const reach = reachMember(config, member.clientUrls);
    return await startConsoleBeside({ address, name: config.name, ...reach, logger });
  } catch (error) {
    logger.error("failed to start the console", { error: messageOf(error), address });
    return "failed";
  }
}

async function untilStopped(
  member: Member,
  signal: Promise<StopSignal>,
  logger: Logger,
): Promise<number> {
  const end = await Promise.race([signal, member.failed]);
  if (end instanceof ServerError && end.code === "REMOVED") {
    logger.warn("server error", { error: end.message });
    logger.warn("data-dir used by this member must be removed");
    await member.stop();
    return 0;
  }
  if (end instanceof Error) {
    logger.error("member failed", { error: end.message });
    await Promise.race([member.stop().catch(() => undefined), nodeRuntime.clock.yield()]);
    return 1;
  }
  logger.info("received signal; shutting down", { signal: SIGNAL_WORDS[end] });
  await member.stop();
  logger.info("stopped");
  return 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

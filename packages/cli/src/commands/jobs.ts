import { nodeRuntime } from "@nodetcd/runtime/node";
import { CliError } from "../errors.ts";
import { tell } from "../jobs/access.ts";
import { exportJobs } from "../jobs/export.ts";
import { type JobsTiming, serveJobs } from "../jobs/serve.ts";
import { JOBS_USAGE, readJobsSettings } from "../jobs/settings.ts";
import { jsonFormat } from "../log/format.ts";
import { lineLogger } from "../log/logger.ts";

/** `nodetcd jobs [flags]` serves until a signal; `nodetcd jobs export` prints what one that serves holds. */
export async function jobs(args: readonly string[], timing: JobsTiming = {}): Promise<number> {
  const write = (lines: string): void => void process.stderr.write(lines);
  const { clock } = nodeRuntime;
  const logger = lineLogger({ clock, level: "warn", format: jsonFormat, write });
  try {
    if (args[0] === "export") return await exportJobs(args.slice(1));
    const settings = readJobsSettings(args);
    if (settings !== undefined) return await serveJobs(settings, logger, timing);
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

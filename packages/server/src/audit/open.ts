import type { Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { ServerError } from "../errors.ts";
import { AuditQueue, type AuditSink } from "./queue.ts";
import { RotatingFile } from "./rotating-file.ts";
import { AuditRules } from "./rules.ts";

/** Raises `BAD_CONFIG` for audit options that cannot work. */
export function checkAudit(config: MemberConfig): void {
  const { auditLogMaxSize, auditLogMaxFiles, auditLogKeys } = config;
  const refuse = (message: string): never => {
    throw new ServerError("BAD_CONFIG", message);
  };
  new AuditRules(config.auditLogRules);
  if (!(auditLogMaxSize >= 1)) refuse("--audit-log-max-size must be at least 1 MiB");
  if (!(auditLogMaxFiles >= 0 && auditLogMaxFiles <= 1_000)) {
    refuse("--audit-log-max-files must be from 0 to 1000");
  }
  if (auditLogKeys !== "plain" && auditLogKeys !== "hash") {
    refuse(`--audit-log-keys must be plain or hash, not "${String(auditLogKeys)}"`);
  }
  if (config.auditLog === "-" && config.auditOutput === undefined) {
    refuse("--audit-log - needs a program that has a standard output; name a file");
  }
}

/** The way of audit lines to their file or output; undefined when none are wanted. Raises `BAD_CONFIG`. */
export async function openAudit(
  { disk, clock }: Pick<Runtime, "disk" | "clock">,
  config: MemberConfig,
  logger: Logger,
): Promise<AuditQueue | undefined> {
  const { auditLog: path, auditOutput } = config;
  if (path === "") return undefined;
  if (path === "-" && auditOutput !== undefined) {
    return new AuditQueue(outputSink(auditOutput), clock, logger);
  }
  const maxBytes = config.auditLogMaxSize * 1024 * 1024;
  const options = { disk, path, maxBytes, oldFiles: config.auditLogMaxFiles };
  try {
    return new AuditQueue(await RotatingFile.open(options), clock, logger);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServerError("BAD_CONFIG", `--audit-log ${path} cannot be opened: ${why}`, {
      cause: error,
    });
  }
}

function outputSink(write: (lines: string) => boolean): AuditSink {
  return {
    write(lines) {
      const isTaken = write(Buffer.from(lines).toString());
      if (isTaken) return Promise.resolve();
      return Promise.reject(new Error("nobody reads the standard output"));
    },
    close: () => Promise.resolve(),
  };
}

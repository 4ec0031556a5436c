import { execFile } from "node:child_process";
import type { Logger } from "@nodetcd/runtime";
import { CliError } from "./errors.ts";

/** How long systemd-notify may take, in milliseconds. */
const PATIENCE_MS = 5_000;

function notifyReady(): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: PATIENCE_MS };
    execFile("systemd-notify", ["--ready"], options, (error, _, stderr) => {
      if (error === null) return resolve();
      reject(
        new CliError(
          "BAD_CONFIGURATION",
          stderr.trim() || error.message,
          "Use Type=exec in the unit, or install systemd-notify.",
        ),
      );
    });
  });
}

/**
 * Tells the service manager that the member serves, where it asks for that (`NOTIFY_SOCKET`, a unit of
 * `Type=notify`). Node has no datagrams on unix sockets: systemd's own program sends it, in our name if
 * we are root; else the unit needs `NotifyAccess=all`. Failing is logged, and no more.
 */
export async function notifySystemd(
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<void> {
  if ((environment["NOTIFY_SOCKET"] ?? "") === "") return;
  logger.info("notifying init daemon");
  try {
    await notifyReady();
    logger.info("successfully notified init daemon");
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { message, advice } = error;
    logger.error("failed to notify systemd for readiness", { error: message, advice });
  }
}

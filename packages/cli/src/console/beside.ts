import { type ConsoleOptions, type RunningConsole, startConsole } from "@nodetcd/console/node";
import type { Logger } from "@nodetcd/runtime";
import { ownVersion } from "../version.ts";

/** The console of a member in this process, or of a cluster that it stands for. */
export interface BesideOptions extends Pick<
  ConsoleOptions,
  "endpoints" | "services" | "tls" | "kubernetes"
> {
  /** `host:port` of the pages. */
  readonly address: string;
  /** Name in headings, and what is typed before something destructive. */
  readonly name: string;
  readonly logger: Logger;
}

/**
 * Starts the console that `--console` asks for, and resolves when it listens. Where only this machine reaches the member
 * and the pages, they may write at once; elsewhere people type the cluster's name first.
 */
export async function startConsoleBeside(options: BesideOptions): Promise<RunningConsole> {
  const { address, logger, endpoints = [], ...rest } = options;
  const running = await startConsole({
    ...rest,
    endpoints,
    listen: address,
    writes: [address, ...endpoints].every(isLoopback) ? "open" : "locked",
    version: ownVersion(),
    logger,
  });
  logger.info("serving the console", { url: running.url });
  if (!isLoopback(address)) {
    const what = "the console speaks plain HTTP: before other machines belongs a proxy with TLS";
    logger.warn(what, { address });
  }
  return running;
}

/** Whether only this machine reaches `host:port` or `http://host:port`. */
function isLoopback(address: string): boolean {
  return /^(https?:\/\/)?(localhost|127\.[\d.]+|\[::1\]|)(:\d+)?\/?$/.test(address);
}

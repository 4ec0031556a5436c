import { sleep } from "@nodetcd/runtime";
import { ELECTION_TTL_SECONDS, RELIST_MS } from "../limits.ts";
import type { ControllersOptions, Part } from "../parts.ts";
import { runControllers } from "./run-controllers.ts";

/** Below the store's prefix: an etcd user needs rights for that alone. */
const ELECTION = "nodetcd.io/elections/controllers";

/**
 * Runs the controllers while this one leads, and waits in line else. That two lead for a moment, as a member
 * that is cut off may believe, does no harm: what controllers write is guarded by the revisions that they read.
 */
export function startControllers(options: ControllersOptions): Part {
  const ending = new AbortController();
  const done = leadAgainAndAgain(options, ending.signal);
  return {
    async stop() {
      ending.abort();
      await done;
    },
  };
}

async function leadAgainAndAgain(options: ControllersOptions, signal: AbortSignal): Promise<void> {
  const { runtime, logger, identity } = options;
  while (!signal.aborted) {
    try {
      await lead(options, signal);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("controllers stopped, standing for election again", {
        identity,
        error: String(error),
      });
      await sleep(runtime.clock, RELIST_MS);
    }
  }
}

async function lead(options: ControllersOptions, signal: AbortSignal): Promise<void> {
  const { store, runtime, logger, identity } = options;
  const election = store.client.election(`${store.prefix}/${ELECTION}`);
  const { leaseSeconds: ttlSeconds = ELECTION_TTL_SECONDS } = options;
  const leadership = await election.campaign(identity, {
    ttlSeconds,
    signal,
  });
  logger.info("controllers lead", { identity });
  const { clock, random } = runtime;
  const running = runControllers({ store, clock, random, logger, identity });
  await new Promise<void>((resolve) => {
    const end = (): void => resolve();
    signal.addEventListener("abort", end);
    leadership.lost.addEventListener("abort", end);
    if (signal.aborted || leadership.lost.aborted) resolve();
  });
  await running.stop();
  if (leadership.lost.aborted) logger.warn("leadership was lost", { identity });
  else await leadership.resign();
}

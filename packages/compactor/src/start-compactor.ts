import { silentLogger } from "@nodetcd/runtime";
import { CompactorError } from "./errors.ts";
import {
  DEFAULT_INTERVAL_MS,
  DEFAULT_PIN_LIMIT_MS,
  INTERVAL_MAX_MS,
  INTERVAL_MIN_MS,
} from "./limits.ts";
import { CompactorMetrics } from "./metrics.ts";
import { type CompactorOptions, Loop } from "./loop.ts";
import { processRegistry } from "./registry.ts";
import { COMPACT_KEY, type Round } from "./round.ts";

/** A compactor that runs, until `stop`. */
export interface Compactor extends AsyncDisposable {
  /** False: another one of this process serves the cluster, or this one was stopped. */
  readonly running: boolean;
  readonly metrics: CompactorMetrics;
  /** Ends a round that is under way and plays no other; resolves once that is so. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Compacts a cluster's history every interval, together with all other compactors of the cluster,
 * those of Kubernetes' API servers among them. The first round is played an interval from now. A
 * second compactor of a cluster in this process does nothing, and says so in a log line.
 */
export function startCompactor(options: CompactorOptions): Compactor {
  checkOptions(options);
  const { client, signal, registry = processRegistry, logger = silentLogger } = options;
  const metrics = new CompactorMetrics();
  const release = registry.take(client);
  if (release === undefined) {
    logger.info("a compactor of this process serves this cluster already; this one does nothing", {
      endpoints: client.endpoints,
    });
    const stop = (): Promise<void> => Promise.resolve();
    return { running: false, metrics, stop, [Symbol.asyncDispose]: stop };
  }
  const loop = new Loop(options, metrics, { clock: 0, revision: 0 });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    signal?.removeEventListener("abort", onAbort);
    stopping ??= loop.stop().then(release);
    return stopping;
  };
  const onAbort = (): void => void stop();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) void stop();
  else loop.schedule();
  return {
    get running() {
      return !loop.stopped;
    },
    metrics,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * One round now, for a program that is started every interval by something else: it goes on where the
 * last round of any compactor left off, so that what is compacted is as old as that round.
 */
export async function compactOnce(options: CompactorOptions): Promise<Round> {
  checkOptions(options);
  const { client, signal } = options;
  const last = await client.get(COMPACT_KEY, signal === undefined ? {} : { signal });
  const memory = { clock: last?.version ?? 0, revision: last?.modRevision ?? 0 };
  return await new Loop(options, new CompactorMetrics(), memory).round(signal);
}

function checkOptions(options: CompactorOptions): void {
  const { intervalMs = DEFAULT_INTERVAL_MS, pinLimitMs = DEFAULT_PIN_LIMIT_MS } = options;
  if (!(intervalMs >= INTERVAL_MIN_MS && intervalMs <= INTERVAL_MAX_MS)) {
    throw new CompactorError(
      "BAD_ARGUMENT",
      `intervalMs is ${String(intervalMs)}; it must be from ${INTERVAL_MIN_MS} to ${INTERVAL_MAX_MS} milliseconds`,
    );
  }
  if (!(pinLimitMs >= 0)) {
    throw new CompactorError(
      "BAD_ARGUMENT",
      `pinLimitMs is ${String(pinLimitMs)}; it must be 0 or more`,
    );
  }
}

import type { Client } from "@nodetcd/client";
import { type Clock, type Logger, silentLogger, type Timer } from "@nodetcd/runtime";
import { DEFAULT_INTERVAL_MS, DEFAULT_PIN_LIMIT_MS } from "./limits.ts";
import type { CompactorMetrics } from "./metrics.ts";
import { PinWatch } from "./pin-watch.ts";
import type { CompactorRegistry } from "./registry.ts";
import { report } from "./report.ts";
import { type Memory, playRound, type Round } from "./round.ts";

export interface CompactorOptions {
  /** A client of the cluster, with root's rights where authentication is on. It stays the caller's. */
  client: Client;
  /** `nodeRuntime.clock` of `@nodetcd/runtime/node` in a program. */
  clock: Clock;
  /** Milliseconds between rounds: history is kept for one to two of them. Default 5 minutes. */
  intervalMs?: number;
  /** Say what would be done, and change nothing. Default false. */
  dryRun?: boolean;
  /**
   * Milliseconds that a pin is respected, from when this compactor first saw it; 0 respects none.
   * Default 24 hours.
   */
  pinLimitMs?: number;
  /** Gets one line a round. Default: nobody. */
  logger?: Logger;
  /** Called after each round. */
  onRound?: (round: Round) => void;
  /** Aborting it is `stop()`. */
  signal?: AbortSignal;
  /** Who knows which clusters are served. Default: one for the process. */
  registry?: CompactorRegistry;
}

/** Plays rounds, one after the other, an interval after the end of the one before. */
export class Loop {
  readonly #options: CompactorOptions;
  readonly #metrics: CompactorMetrics;
  readonly #pins: PinWatch;
  readonly #stopping = new AbortController();
  #memory: Memory;
  #timer: Timer | undefined;
  #round: Promise<unknown> | undefined;

  constructor(options: CompactorOptions, metrics: CompactorMetrics, memory: Memory) {
    const { clock, logger = silentLogger, pinLimitMs = DEFAULT_PIN_LIMIT_MS } = options;
    this.#options = options;
    this.#metrics = metrics;
    this.#pins = new PinWatch({ clock, logger, limitMs: pinLimitMs });
    this.#memory = memory;
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  schedule(): void {
    if (this.stopped) return;
    const { clock, intervalMs = DEFAULT_INTERVAL_MS } = this.#options;
    this.#timer = clock.setTimer(intervalMs, () => {
      this.#round = this.round().finally(() => this.schedule());
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    await this.#round;
  }

  /** What came of it is not told when it was stopped meanwhile. */
  async round(signal: AbortSignal = this.#stopping.signal): Promise<Round> {
    const { client, clock, logger = silentLogger, dryRun = false, onRound } = this.#options;
    const began = clock.monotonic();
    const round = await playRound(this.#memory, { client, pins: this.#pins, signal, dryRun });
    this.#memory = round.memory;
    if (signal.aborted) return round;
    const took = clock.monotonic() - began;
    this.#metrics.count(round, took, clock.wallTime());
    report(logger, round, took, dryRun);
    onRound?.(round);
    return round;
  }
}

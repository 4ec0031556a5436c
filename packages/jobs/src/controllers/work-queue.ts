import type { Clock, Logger, Timer } from "@nodetcd/runtime";
import { isReason } from "../errors.ts";
import { RETRY_FIRST_MS, RETRY_LONGEST_MS, TIMER_MS_MAX } from "../limits.ts";

export interface WorkQueueOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys worked on at the same time; never one key twice at once. */
  readonly workers: number;
  /** Does what there is to do for a key. When it fails, the key comes again, later each time. */
  readonly work: (key: string) => Promise<void>;
}

/**
 * Keys of objects that have to be looked at. A key is in it once, however often it is added, so that it
 * cannot grow beyond the number of objects.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #running = new Set<string>();
  /** Added while it was being worked on: once more afterwards. */
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { readonly due: number; readonly timer: Timer }>();
  readonly #failures = new Map<string, number>();
  #stopped = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#pump();
  }

  /** Adds the key after a time; an earlier time that is set for it stays. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) return this.add(key);
    const { clock } = this.#options;
    const due = clock.monotonic() + delayMs;
    const known = this.#timers.get(key);
    if (known !== undefined && known.due <= due) return;
    known?.timer.cancel();
    const timer = clock.setTimer(Math.min(delayMs, TIMER_MS_MAX), () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { due, timer });
  }

  /** The object is gone: no timer wakes for it. */
  forget(key: string): void {
    this.#timers.get(key)?.timer.cancel();
    this.#timers.delete(key);
    this.#failures.delete(key);
  }

  get idle(): boolean {
    return this.#ready.size === 0 && this.#running.size === 0;
  }

  /** Drops what waits, and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ready.clear();
    this.#again.clear();
    for (const { timer } of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    while (this.#running.size > 0) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#running.size >= this.#options.workers) return;
      this.#ready.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#failed(key, error);
    }
    this.#running.delete(key);
    if (this.#again.delete(key) && !this.#stopped) this.#ready.add(key);
    if (this.#running.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    if (!this.#stopped) this.#pump();
  }

  #failed(key: string, error: unknown): void {
    const { name, logger } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    // Somebody else changed the object meanwhile: no news, the next look will see it.
    if (!isReason(error, "Conflict") || failures > 5) {
      logger.warn("sync failed, trying again", {
        queue: name,
        key,
        error: String(error),
        failures,
      });
    }
    this.addAfter(
      key,
      Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 30)),
    );
  }
}

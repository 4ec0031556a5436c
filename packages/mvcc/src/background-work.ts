import { MvccError } from "./errors.ts";

/** Work that looks at `stopped` wherever it waits, and ends early with `CLOSED`. */
export type Job = (stopped: () => boolean) => Promise<void>;

/** Raises `CLOSED` when the scheduler was stopped. */
export function checkNotStopped(stopped: () => boolean): void {
  if (stopped()) throw new MvccError("CLOSED", "The store was closed before the work was done");
}

/** Runs jobs in the background, one at a time, in the order they came. */
export class FifoScheduler {
  #tail: Promise<void> = Promise.resolve();
  #stopped = false;
  #waiting = 0;

  /** Jobs that have not finished. */
  get pending(): number {
    return this.#waiting;
  }

  /** Settles as the job does; with `CLOSED` when the scheduler was stopped before its turn. */
  schedule(job: Job): Promise<void> {
    const stopped = (): boolean => this.#stopped;
    this.#waiting++;
    const done = this.#tail
      .then(() => {
        checkNotStopped(stopped);
        return job(stopped);
      })
      .finally(() => this.#waiting--);
    // A failure is for whoever asked; here it must neither stop the queue nor go unhandled.
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Resolves when everything scheduled so far has settled. */
  idle(): Promise<void> {
    return this.#tail;
  }

  /** Tells the running job to end, drops the others, and waits for the end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#tail;
  }
}

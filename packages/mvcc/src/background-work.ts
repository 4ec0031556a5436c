import { SerialQueue } from "@nodetcd/runtime";
import { MvccError } from "./errors.ts";

/** Work that looks at `stopped` wherever it waits, and ends early with `CLOSED`. */
export type Job = (stopped: () => boolean) => Promise<void>;

/** Raises `CLOSED` when the work was stopped. */
export function checkNotStopped(stopped: () => boolean): void {
  if (stopped()) throw new MvccError("CLOSED", "The store was closed before the work was done");
}

/** Jobs in the background, one at a time, in the order they came, which end early when the store closes. */
export class BackgroundWork {
  readonly #queue = new SerialQueue();
  #stopped = false;

  /** Settles as the job does; with `CLOSED` when the work was stopped before its turn. */
  schedule(job: Job): Promise<void> {
    const stopped = (): boolean => this.#stopped;
    return this.#queue.run(async () => {
      checkNotStopped(stopped);
      await job(stopped);
    });
  }

  /** Resolves when everything scheduled so far has settled. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Tells the running job to end, drops the others, and waits for the end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#queue.idle();
  }
}

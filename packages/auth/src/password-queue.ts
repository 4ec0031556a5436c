import { AuthError } from "./errors.ts";
import { PASSWORDS_AT_ONCE, PASSWORDS_WAITING_MAX } from "./limits.ts";

/** Lets a few hash at a time and a bounded number wait, so that logins do not take the member's threads. */
export class PasswordQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Raises `TOO_MANY_LOGINS` when too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < PASSWORDS_AT_ONCE) this.#running++;
    else {
      if (this.#waiting.length >= PASSWORDS_WAITING_MAX) throw new AuthError("TOO_MANY_LOGINS");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      // The place goes to the next one, if there is one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

import type { BodySink } from "./server-connection.ts";

/** Memory for bodies that are being received, shared by all connections. */
export class BodyBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** False when there is not so much left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * Collects a body of at most `maxBytes`. `done` gets it whole, or undefined when there is no room for it: the
 * rest of it then still comes.
 */
export function collectBody(
  budget: BodyBudget,
  maxBytes: number,
  done: (body: Uint8Array | undefined) => void,
): BodySink {
  let parts: Uint8Array[] = [];
  let length = 0;
  const forget = (): void => {
    budget.give(length);
    parts = [];
    length = 0;
  };
  let refused = false;
  return {
    onBody: (bytes) => {
      if (refused) return;
      if (length + bytes.length > maxBytes || !budget.take(bytes.length)) {
        refused = true;
        forget();
        done(undefined);
        return;
      }
      length += bytes.length;
      parts.push(bytes);
    },
    onEnd: () => {
      if (refused) return;
      const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      forget();
      done(body);
    },
    onAbort: forget,
  };
}

/** A body that nobody wants. */
export function ignoreBody(done: () => void): BodySink {
  return { onBody: () => undefined, onEnd: done, onAbort: () => undefined };
}

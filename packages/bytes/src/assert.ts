/** Raised when an invariant of the program itself is broken. Never caused by bad input. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/**
 * Stops the current operation when an invariant does not hold. Always on, in production too.
 *
 * @param message what was expected and where, read by whoever debugs the crash
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

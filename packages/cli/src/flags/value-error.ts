/** A value that a flag cannot take; the message says what it expects. Becomes a `CliError`. */
export class FlagValueError extends Error {
  override readonly name = "FlagValueError";
}

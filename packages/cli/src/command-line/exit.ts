/** Exit codes of etcd's command-line tools. */
export const EXIT = {
  error: 1,
  badConnection: 2,
  /** For txn and watch. */
  invalidInput: 3,
  /** A value that is understood and not supported. */
  badFeature: 4,
  interrupted: 5,
  io: 6,
  badArguments: 128,
} as const;

/** Ends the program with this code, after `Error: ` and the message on standard error. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly code: number;
  /** Undefined: nothing more is to be said. */
  readonly text: string | undefined;

  constructor(code: number, text?: string) {
    super(text ?? `exit ${code}`);
    this.code = code;
    this.text = text;
  }
}

/** The command line cannot be understood: the usage is shown. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** The tool has no such command. */
export class UnknownCommandError extends UsageError {
  override readonly name = "UnknownCommandError";
}

export function badArguments(text: string): ExitError {
  return new ExitError(EXIT.badArguments, text);
}

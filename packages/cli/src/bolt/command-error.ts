/** Why a subcommand of `nodetcd bolt` failed: exit code 1, as every failure of bbolt's. */
export class BoltCommandError extends Error {
  override readonly name = "BoltCommandError";
  /** What to do about it. */
  readonly advice: string | undefined;
  /** The command line cannot be understood: the usage is shown. */
  readonly isUsage: boolean;

  constructor(message: string, options: { advice?: string; isUsage?: boolean } = {}) {
    super(message);
    this.advice = options.advice;
    this.isUsage = options.isUsage ?? false;
  }
}

export function usageError(message: string): BoltCommandError {
  return new BoltCommandError(message, { isUsage: true });
}

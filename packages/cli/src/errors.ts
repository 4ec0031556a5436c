/**
 * - `USAGE`: the command line cannot be understood. Exit code 2, as with Go's flag package.
 * - `NOT_BUILT_YET`: a flag of etcd that asks for what does not exist here yet. Exit code 2.
 * - `BAD_CONFIGURATION`: environment, configuration file or a combination of values. Exit code 1.
 */
export type CliErrorCode = "USAGE" | "NOT_BUILT_YET" | "BAD_CONFIGURATION";

const EXIT_CODES: Readonly<Record<CliErrorCode, number>> = {
  USAGE: 2,
  NOT_BUILT_YET: 2,
  BAD_CONFIGURATION: 1,
};

/** Why the program does not start. The message says what and why; `advice` what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly advice: string;

  constructor(code: CliErrorCode, message: string, advice: string) {
    super(message);
    this.code = code;
    this.advice = advice;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

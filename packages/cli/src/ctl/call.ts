import type { Command, Invocation } from "../command-line/command.ts";
import type { Session } from "./session.ts";

/** One call of a command of ctl. */
export interface CtlCall extends Invocation {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Reads the environment, checks the global flags, and makes a client; nothing is sent. Commands check their own arguments
   * before. Raises `ExitError`.
   */
  connect(): Promise<Session>;
  /** The whole table. */
  readonly root: Command<CtlCall>;
  /** All of standard input, as text. */
  readInput(): Promise<string>;
}

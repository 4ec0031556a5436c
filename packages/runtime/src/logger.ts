/** A value of a log field; anything else is turned into text by the caller. */
export type LogValue = string | number | bigint | boolean | readonly string[] | undefined;
export type LogFields = Readonly<Record<string, LogValue>>;

/**
 * Structured log lines. The message is constant text (programs match it); what varies goes into
 * fields. `error` is for what an operator must act on, never for a client's mistake.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const nothing = (): void => undefined;

/** Drops every line. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

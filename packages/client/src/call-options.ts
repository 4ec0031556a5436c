import { isDuration, isSignal, isText, type OptionChecks } from "./check.ts";

/** What can be said about any single call. */
export interface CallOptions {
  /**
   * Milliseconds for the call with all its retries; `Infinity` for no deadline. Default: the client's
   * `timeoutMs`.
   */
  timeoutMs?: number;
  /** Aborting it ends the call with `CANCELLED`. A write may have happened nevertheless. */
  signal?: AbortSignal;
  /** Ask this one endpoint, not the next in turn; must be one of the client's. */
  endpoint?: string;
}

export const CALL_OPTIONS: OptionChecks<CallOptions> = {
  timeoutMs: isDuration,
  signal: isSignal,
  endpoint: isText,
};

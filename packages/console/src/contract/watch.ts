import type { KeyId } from "./keys.ts";

/** One change, without its value: the page asks for values when somebody looks at them. */
export interface TailEvent {
  readonly id: KeyId;
  readonly kind: "create" | "put" | "delete";
  readonly revision: number;
  readonly version: number;
  /** Bytes of the value. */
  readonly size: number;
  readonly lease?: string;
}

/** What came within a tenth of a second. Its id on the stream is the last revision it covers. */
export interface TailBatch {
  /** Milliseconds since 1970 when the console got the last of them. */
  readonly at: number;
  /** The newest, oldest first; at most `TAIL_EVENTS`. */
  readonly events: readonly TailEvent[];
  /** How many before them are not in `events`. None is lost: history has them. */
  readonly skipped: number;
  readonly firstRevision: number;
  readonly lastRevision: number;
  /** Events by the first two parts of their key, of all that came. */
  readonly counts: readonly (readonly [KeyId, number])[];
}

/** The watch began: what comes is newer than this revision, or from `from` on. */
export interface TailBegin {
  readonly revision: number;
}

/** The watch ended, and why. */
export interface TailEnd {
  readonly code: string;
  readonly message: string;
  /** With `COMPACTED`: the oldest revision that is still there. */
  readonly oldest?: number;
}

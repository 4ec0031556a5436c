import type { KeyId } from "./keys.ts";

/** A change of a key: a value that was put, or a deletion. */
export interface VersionView {
  readonly revision: number;
  readonly kind: "put" | "delete";
  readonly version: number;
  readonly createRevision: number;
  readonly size: number;
  readonly lease?: string;
  /** About when, from the console's samples; missing before them. */
  readonly at?: number;
}

export interface HistoryView {
  readonly id: KeyId;
  /** Oldest first. */
  readonly versions: readonly VersionView[];
  /** From where on history is complete: what is older was compacted. */
  readonly oldest: number;
  readonly revision: number;
  /** True when there were more than are shown. */
  readonly more: boolean;
}

/** How a key differs between two revisions. */
export interface ChangeView {
  readonly id: KeyId;
  readonly kind: "added" | "removed" | "changed";
  readonly beforeRevision?: number;
  readonly afterRevision?: number;
  readonly beforeSize?: number;
  readonly afterSize?: number;
}

export interface DifferenceView {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly ChangeView[];
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** True when there were more than are shown. */
  readonly more: boolean;
}

export interface RestoreResult {
  readonly restored: number;
  readonly removed: number;
  /** Keys that changed since the preview, and were left alone. */
  readonly skipped: number;
  readonly revision: number;
}

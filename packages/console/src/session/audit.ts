import type { AuditEntry } from "../contract/session.ts";
import { AUDIT_ENTRIES } from "../limits.ts";

/** What was done through this console, newest last. Bounded: the oldest entries leave first. */
export class Audit {
  readonly #entries: AuditEntry[] = [];
  readonly #keep: (entry: AuditEntry) => void;

  /** @param keep is told each entry, to write it somewhere that outlives the process */
  constructor(keep: (entry: AuditEntry) => void) {
    this.#keep = keep;
  }

  add(entry: AuditEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > AUDIT_ENTRIES) this.#entries.shift();
    this.#keep(entry);
  }

  newestFirst(): AuditEntry[] {
    return this.#entries.toReversed();
  }
}

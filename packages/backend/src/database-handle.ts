import type { Database, Transaction } from "@nodetcd/bolt";

/** A read transaction of its own, for work that outlives a turn of the loop. */
export interface Reader {
  readonly transaction: Transaction;
  /** Ends the transaction; calling it again does nothing. */
  release(): void;
}

/**
 * An open database that may be replaced (by `defragment`) or closed while readers still use it: it is
 * closed when it is retired and the last of them is gone.
 */
export class DatabaseHandle {
  readonly database: Database;
  readonly #readers = new Set<Reader>();
  #retired = false;
  #onClosed: () => void = () => undefined;

  constructor(database: Database) {
    this.database = database;
  }

  read(): Reader {
    const transaction = this.database.begin(false);
    const reader = {
      transaction,
      release: (): void => {
        if (!this.#readers.delete(reader)) return;
        transaction.rollback();
        this.#closeWhenUnused();
      },
    };
    this.#readers.add(reader);
    return reader;
  }

  /** No more readers will come: closes now or when the last one has ended, then calls `onClosed`. */
  retire(onClosed: () => void = () => undefined): void {
    this.#retired = true;
    this.#onClosed = onClosed;
    this.#closeWhenUnused();
  }

  /** Ends all readers, whatever they are doing, and closes. */
  close(): void {
    for (const reader of this.#readers) reader.release();
    this.retire();
  }

  #closeWhenUnused(): void {
    if (!this.#retired || this.#readers.size > 0) return;
    this.database.close();
    this.#onClosed();
  }
}

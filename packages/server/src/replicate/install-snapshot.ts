import type { Backend } from "@nodetcd/backend";
import type { RaftMessage, RaftSnapshot } from "@nodetcd/messages";
import type { Restored, Store } from "@nodetcd/mvcc";
import { PeerError } from "@nodetcd/peers";
import { type Logger, type Runtime, SerialQueue } from "@nodetcd/runtime";
import { assert } from "@nodetcd/bytes";
import { consistentIndexOf } from "../state/applied-index.ts";

export interface SnapshotInstallerOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly backend: Backend;
  readonly store: Store;
  /** Hands the message to raft, which decides whether the snapshot is wanted. */
  readonly step: (message: RaftMessage) => void;
  /** Raft has taken the snapshot of this index, and it is not installed yet. */
  readonly isPending: (index: number) => boolean;
  /** Applies everything that is committed, before it returns. */
  readonly drain: () => void;
  /** Every record reads the database that is there now; called in the turn of the exchange. */
  readonly reload: (snapshot: RaftSnapshot) => void;
  /** The members may be others than before. */
  readonly onInstalled: (snapshot: RaftSnapshot) => void;
}

/** A database that has arrived, with its history read into memory. */
interface Arrived {
  readonly index: number;
  readonly path: string;
  readonly next: Backend;
  readonly restored: Restored;
  /** It has taken the place of this member's, or will not. */
  readonly settled: () => void;
}

/**
 * Puts the database of a leader's snapshot in the place of this member's.
 *
 * What takes long comes first, while the member goes on with what it has: the database is received, opened and
 * its keys are read. Then raft hears of the snapshot; if it takes it, the ready loop saves it beside the log and
 * `install` exchanges file and memory in one turn.
 *
 * One at a time: until raft's snapshot is installed its file must stay where a restart looks for it.
 *
 * A crash before the exchange leaves the old database with the snapshot's record in the log; the next start
 * finds the received file by its name and goes on from there (`bootstrap/restart.ts`).
 */
export class SnapshotInstaller {
  readonly #options: SnapshotInstallerOptions;
  readonly #queue = new SerialQueue();
  /** Raft's snapshot, or one that it is asked about. */
  #arrived: Arrived | undefined;
  #stopped = false;
  /** `install` is under way. */
  installing = false;

  constructor(options: SnapshotInstallerOptions) {
    this.#options = options;
  }

  /**
   * Takes over the file at `path`, which the transport has received and checked. Resolves when it is installed, or
   * removed because raft does not want it.
   */
  receive(message: RaftMessage, path: string): Promise<void> {
    return this.#queue.run(() => this.#receive(message, path));
  }

  async #receive(message: RaftMessage, path: string): Promise<void> {
    if (this.#stopped) return;
    const index = message.snapshot?.metadata?.index ?? 0;
    let settled = (): void => undefined;
    const settling = new Promise<void>((resolve) => (settled = resolve));
    this.#arrived = { index, path, ...(await this.#read(index, path)), settled };
    if (this.#stopped) return this.#forget();
    this.#options.step(message);
    if (this.#options.isPending(index)) await settling;
    else await this.#forget();
  }

  async #read(index: number, path: string): Promise<{ next: Backend; restored: Restored }> {
    const { backend, store } = this.#options;
    let next: Backend | undefined;
    try {
      next = await backend.openOther(path);
      requireReached(next, index);
      return { next, restored: await store.readHistory(next) };
    } catch (error) {
      await next?.close();
      await this.#remove(path);
      throw error;
    }
  }

  /** The snapshot is saved; the loop waits until this resolves. */
  async install(snapshot: RaftSnapshot): Promise<void> {
    const { backend, store, logger, drain, reload, onInstalled } = this.#options;
    const arrived = this.#arrived;
    const index = snapshot.metadata?.index ?? 0;
    assert(
      arrived?.index === index,
      "SnapshotInstaller: raft takes a snapshot that has not arrived",
    );
    this.#arrived = undefined;
    this.installing = true;
    logger.info("applying snapshot", { "incoming-snapshot-index": index });
    await store.stopWork();
    drain();
    let adopted: Promise<void> = Promise.resolve();
    await backend.exchange(arrived.next, () => {
      reload(snapshot);
      adopted = store.adopt(backend, arrived.restored);
    });
    await adopted;
    onInstalled(snapshot);
    this.installing = false;
    arrived.settled();
    logger.info("applied snapshot", { "incoming-snapshot-index": index });
  }

  /** The ready loop has ended; what has arrived and is not installed will not be. Nothing is read or open after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#forget();
    await this.#queue.idle();
  }

  /** The file stays if raft has taken the snapshot: its record may be in the log, and the next start needs it then. */
  async #forget(): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived === undefined) return;
    arrived.settled();
    await arrived.next.close();
    if (!this.#options.isPending(arrived.index)) await this.#remove(arrived.path);
  }

  async #remove(path: string): Promise<void> {
    await this.#options.runtime.disk.removeAsync(path).catch(() => undefined);
  }
}

/** Entries up to the snapshot's index will not come again: a database that lacks some would lack them for good. */
function requireReached(received: Backend, index: number): void {
  const reached = consistentIndexOf(received);
  if (reached >= index) return;
  throw new PeerError(
    "BAD_FRAME",
    `the database of the snapshot at index ${index} is at index ${reached} only`,
  );
}

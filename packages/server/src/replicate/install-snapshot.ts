import type { Backend } from "@nodetcd/backend";
import type { RaftMessage, RaftSnapshot } from "@nodetcd/messages";
import type { Restored, Store } from "@nodetcd/mvcc";
import type { Logger, Runtime } from "@nodetcd/runtime";
import { assert } from "@nodetcd/bytes";

export interface SnapshotInstallerOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly backend: Backend;
  readonly store: Store;
  /** Hands the message to raft, which decides whether the snapshot is wanted. */
  readonly step: (message: RaftMessage) => void;
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
}

/**
 * Puts the database of a leader's snapshot in the place of this member's.
 *
 * What takes long comes first, while the member goes on with what it has: the database is received, opened and
 * its keys are read. Then raft hears of the snapshot; if it takes it, the ready loop saves it beside the log and
 * `install` exchanges file and memory in one turn.
 *
 * A crash before the exchange leaves the old database with the snapshot's record in the log; the next start
 * finds the received file by its name and goes on from there (`bootstrap/restart.ts`).
 */
export class SnapshotInstaller {
  readonly #options: SnapshotInstallerOptions;
  #arrived: Arrived | undefined;
  /** `install` is under way. */
  installing = false;

  constructor(options: SnapshotInstallerOptions) {
    this.#options = options;
  }

  /** Takes over the file at `path`, which the transport has received and checked. */
  async receive(message: RaftMessage, path: string): Promise<void> {
    const index = message.snapshot?.metadata?.index ?? 0;
    await this.#forget(path);
    const next = this.#options.backend.openOther(path);
    try {
      const restored = await this.#options.store.readHistory(next);
      await this.#forget(path);
      this.#arrived = { index, path, next, restored };
    } catch (error) {
      await next.close();
      throw error;
    }
    this.#options.step(message);
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
    logger.info("applied snapshot", { "incoming-snapshot-index": index });
  }

  /** Forgets a snapshot that raft did not want. */
  discard(): Promise<void> {
    return this.#forget(undefined);
  }

  /** A snapshot of the same index has the same name: what has just come at `kept` is not removed with what came before. */
  async #forget(kept: string | undefined): Promise<void> {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived === undefined) return;
    await arrived.next.close();
    if (arrived.path === kept) return;
    await this.#options.runtime.disk.removeAsync(arrived.path).catch(() => undefined);
  }
}

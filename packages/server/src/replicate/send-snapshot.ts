import { BUCKETS, type Backend } from "@nodetcd/backend";
import { type Cluster, v2StoreJson } from "@nodetcd/membership";
import type { RaftMessage } from "@nodetcd/messages";
import { hexId, type SnapshotSource, type Transport } from "@nodetcd/peers";
import type { Clock, Logger } from "@nodetcd/runtime";
import { COMPACT_AFTER_SNAPSHOT_MS, PEER_SNAPSHOT_CHUNK_BYTES } from "../limits.ts";
import { readPosition } from "../state/applied-index.ts";

export interface SnapshotSenderOptions {
  readonly backend: Backend;
  readonly cluster: Cluster;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memberId: bigint;
  /** The snapshot that raft asked for cannot be sent. */
  readonly onFailure: (to: bigint) => void;
}

/**
 * Sends the database to members that are too far behind for the log. Raft's snapshot is replaced by one of
 * what is applied now, which is what the database holds.
 */
export class SnapshotSender {
  readonly #options: SnapshotSenderOptions;
  #sending = 0;
  /** Monotonic milliseconds; entries behind a snapshot are kept for its receiver until then. */
  #quietUntil = -Infinity;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
  }

  /** The log must not be shortened: a member is about to need what follows its snapshot. */
  get holdsLog(): boolean {
    return this.#sending > 0 || this.#options.clock.monotonic() < this.#quietUntil;
  }

  /** @param message a MsgSnap of raft */
  send(message: RaftMessage): void {
    this.#sending++;
    this.#send(message).catch((error: unknown) => {
      this.#sending--;
      const text = error instanceof Error ? error.message : String(error);
      this.#options.logger.warn("failed to send database snapshot", { error: text });
      this.#options.onFailure(message.to);
    });
  }

  async #send(message: RaftMessage): Promise<void> {
    const { backend, cluster, transport, logger, memberId } = this.#options;
    // What it holds is the effect of the entries up to the index that stands in it, and of no others.
    const database = await backend.openSnapshot();
    const { index, term, confState } = readPosition((key) => database.get(BUCKETS.meta, key));
    const source: SnapshotSource = {
      size: database.size,
      read: () => database.read(PEER_SNAPSHOT_CHUNK_BYTES),
      close: () => {
        database.close();
        this.#sending--;
        this.#quietUntil = this.#options.clock.monotonic() + COMPACT_AFTER_SNAPSHOT_MS;
      },
    };
    logger.info("sending merged snapshot", {
      from: hexId(memberId),
      to: hexId(message.to),
      bytes: database.size,
    });
    const snapshot = {
      data: v2StoreJson(cluster),
      metadata: { index, term, confState: confState ?? cluster.confState() },
    };
    transport.sendSnapshot({ ...message, snapshot }, source);
  }
}

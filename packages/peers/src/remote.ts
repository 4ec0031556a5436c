import type { RaftMessage } from "@nodetcd/messages";
import type { Clock, Logger } from "@nodetcd/runtime";
import type { Counters } from "./counters.ts";
import type { Dialer } from "./dialer.ts";
import { hexId, type Identity } from "./identity.ts";
import { PeerStatus } from "./peer-status.ts";
import { PeerUrls } from "./peer-urls.ts";
import { Pipeline } from "./pipeline.ts";
import { SnapshotSender, type SnapshotSource } from "./snapshot-send.ts";

/** What all peers of a transport have in common. */
export interface PeerContext {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly dial: Dialer;
  readonly reportUnreachable: (id: bigint) => void;
  readonly reportSnapshot: (id: bigint, ok: boolean) => void;
  /** A peer says that this member was removed from the cluster. */
  readonly onRemoved: () => void;
}

/** From one line about dropped messages to the next, in milliseconds. */
const DROPPED_LINE_MS = 1_000;

/**
 * A member that is sent POSTs: what every peer has, and all that one has which has called before this
 * member learnt of it.
 */
export class Remote {
  readonly id: bigint;
  readonly urls: PeerUrls;
  readonly status: PeerStatus;
  readonly #context: PeerContext;
  readonly #pipeline: Pipeline;
  readonly #snapshots: SnapshotSender;
  #droppedLineAt = -Infinity;

  constructor(context: PeerContext, id: bigint, urls: readonly string[]) {
    const { clock, logger, counters } = context;
    this.id = id;
    this.urls = new PeerUrls(urls);
    this.status = new PeerStatus(id, clock, logger, counters);
    this.#context = context;
    const options = { ...context, peerId: id, status: this.status, urls: this.urls };
    this.#pipeline = new Pipeline(options);
    this.#snapshots = new SnapshotSender(options);
  }

  /** Snapshots on their way. */
  get snapshotsSending(): number {
    return this.#snapshots.sending;
  }

  send(message: RaftMessage): void {
    if (!this.#pipeline.send(message)) this.dropped(message);
  }

  /** Closes the source in the end. */
  sendSnapshot(message: RaftMessage, source: SnapshotSource): void {
    void this.#snapshots.send(message, source);
  }

  /** There was no room for a message. */
  dropped(message: RaftMessage): void {
    const { reportUnreachable, counters, logger, clock, identity } = this.#context;
    counters.sentFailures.add(hexId(this.id), 1);
    reportUnreachable(this.id);
    if (clock.monotonic() - this.#droppedLineAt < DROPPED_LINE_MS) return;
    this.#droppedLineAt = clock.monotonic();
    logger.warn("dropped internal Raft message since sending buffer is full", {
      "message-type": String(message.type),
      "local-member-id": hexId(identity.memberId),
      from: hexId(message.from),
      "remote-peer-id": hexId(this.id),
      "remote-peer-active": this.status.activeSince !== undefined,
    });
  }

  stop(): void {
    this.#pipeline.stop();
    this.#snapshots.stop();
  }
}

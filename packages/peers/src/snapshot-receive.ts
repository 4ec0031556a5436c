import { MessageType, RaftMessage } from "@nodetcd/messages";
import { type Clock, type Disk, type DiskFile, goDuration, type Logger } from "@nodetcd/runtime";
import { checkDatabase } from "./check-database.ts";
import { ByteQueue, u64 } from "./codec/byte-queue.ts";
import type { Counters } from "./counters.ts";
import { textOf } from "./errors.ts";
import { type BodySink, type ServerConnection, textResponse } from "./http1/server-connection.ts";
import { humanBytes } from "./human-bytes.ts";
import { hexId } from "./identity.ts";
import {
  SNAPSHOT_MESSAGE_BYTES_MAX,
  SNAPSHOT_PENDING_BYTES,
  SNAPSHOT_SYNC_BYTES,
  SNAPSHOTS_RECEIVED_MAX,
} from "./limits.ts";

/** Snapshots that are being received, over all connections. */
export interface Receiving {
  count: number;
  /** Indexes of those whose file has its name and was not taken over yet. */
  readonly placed: Set<number>;
}

export interface SnapshotReceiverOptions {
  readonly disk: Disk;
  /** Where databases are put, as `<index>.snap.db`. */
  readonly directory: string;
  readonly receiving: Receiving;
  /** Raises an error for what raft must not hear of. */
  readonly check: (message: RaftMessage) => void;
  /**
   * The file is in place and durable; the sender is told that it was received when this resolves. Until then no other
   * takes its name.
   */
  readonly deliver: (message: RaftMessage, path: string) => Promise<void>;
  readonly memberId: bigint;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
}

/** `00000000000000ff.snap.db`: what etcd calls the database of a snapshot at index 255. */
export function snapshotDatabaseName(index: number): string {
  return `${index.toString(16).padStart(16, "0")}.snap.db`;
}

class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function busy(why: string): Refused {
  return new Refused(503, `${why}; try again later`);
}

/** Receives one snapshot: raft's message, then the database, which goes to disk as it comes. */
class SnapshotReceiver implements BodySink {
  readonly #options: SnapshotReceiverOptions;
  readonly #connection: ServerConnection;
  readonly #headers: Record<string, string>;
  readonly #bytes = new ByteQueue();
  readonly #began: number;
  #messageBytes: number | undefined;
  #message: RaftMessage | undefined;
  #from = "0";
  #file: DiskFile | undefined;
  #temporary = "";
  #written = 0;
  #unsynced = 0;
  /** What has come since the last write was begun. */
  #chunks: Uint8Array[] = [];
  /** Writes one after the other; settles when all so far are done. */
  #work: Promise<void> = Promise.resolve();
  #pending = 0;
  #over = false;

  constructor(
    options: SnapshotReceiverOptions,
    connection: ServerConnection,
    headers: Record<string, string>,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#headers = headers;
    this.#began = options.clock.monotonic();
    options.receiving.count++;
  }

  onBody(bytes: Uint8Array): void {
    if (this.#over) return;
    try {
      if (this.#message !== undefined) this.#store(bytes);
      else {
        this.#bytes.push(bytes);
        this.#readMessage();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  onEnd(): void {
    if (this.#over) return;
    if (this.#message === undefined) {
      this.#fail(this.#undecodable("unexpected EOF"));
      return;
    }
    this.#queue(() => this.#finish(this.#message!));
  }

  onAbort(error: Error): void {
    this.#fail(error);
  }

  #undecodable(reason: string): Refused {
    this.#options.logger.warn("failed to decode Raft message", { ...this.#ids, error: reason });
    return new Refused(400, `failed to decode raft message (${reason})`);
  }

  get #ids(): Record<string, string> {
    return {
      "local-member-id": hexId(this.#options.memberId),
      "remote-snapshot-sender-id": this.#from,
    };
  }

  #readMessage(): void {
    if (this.#messageBytes === undefined) {
      if (this.#bytes.length < 8) return;
      this.#messageBytes = u64(this.#bytes.take(8), SNAPSHOT_MESSAGE_BYTES_MAX);
      if (this.#messageBytes === undefined)
        throw this.#undecodable("rafthttp: error limit exceeded");
    }
    if (this.#bytes.length < this.#messageBytes) return;
    let message: RaftMessage;
    try {
      message = RaftMessage.decode(this.#bytes.take(this.#messageBytes));
    } catch (error) {
      throw this.#undecodable(textOf(error));
    }
    this.#begin(message);
  }

  #begin(message: RaftMessage): void {
    const { logger, counters, disk, directory } = this.#options;
    this.#from = hexId(message.from);
    counters.receivedBytes.add(this.#from, this.#messageBytes ?? 0);
    if (message.type !== MessageType.MsgSnap) {
      logger.warn("unexpected Raft message type", {
        ...this.#ids,
        "message-type": String(message.type),
      });
      throw new Refused(400, "wrong raft message type");
    }
    try {
      this.#options.check(message);
    } catch (error) {
      throw new Refused(500, `failed to process raft message (${textOf(error)})`);
    }
    this.#message = message;
    counters.snapshotsReceiving.add(this.#from, 1);
    logger.info("receiving database snapshot", {
      ...this.#ids,
      "incoming-snapshot-index": this.#index,
      "incoming-snapshot-message-size-bytes": this.#messageBytes,
      "incoming-snapshot-message-size": humanBytes(this.#messageBytes ?? 0),
    });
    this.#temporary = `${directory}/tmp-${hexId(message.from)}-${this.#index}-${this.#began}.snap.db`;
    this.#queue(async () => {
      this.#file = await disk.openAsync(this.#temporary, "create-new");
    });
    if (this.#bytes.length > 0) this.#store(this.#bytes.take(this.#bytes.length));
  }

  get #index(): number {
    return this.#message?.snapshot?.metadata?.index ?? 0;
  }

  #queue(step: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#over) return;
      try {
        await step();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  /** What comes while the disk is at work is written together. The sender waits while the disk is behind. */
  #store(bytes: Uint8Array): void {
    this.#pending += bytes.length;
    if (this.#pending > SNAPSHOT_PENDING_BYTES) this.#connection.pause();
    this.#chunks.push(bytes);
    if (this.#chunks.length === 1) this.#queue(() => this.#write());
  }

  async #write(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    await this.#file!.writeAsync(chunks, this.#written);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#written += length;
    this.#unsynced += length;
    if (this.#unsynced >= SNAPSHOT_SYNC_BYTES) {
      await this.#file!.syncAsync();
      this.#unsynced = 0;
    }
    this.#pending -= length;
    if (this.#pending <= SNAPSHOT_PENDING_BYTES) this.#connection.resume();
  }

  async #finish(message: RaftMessage): Promise<void> {
    await this.#file!.syncAsync();
    checkDatabase(this.#file!);
    const { placed } = this.#options.receiving;
    if (placed.has(this.#index)) throw busy("a snapshot of the same index is being taken");
    placed.add(this.#index);
    try {
      await this.#takeOver(message);
    } finally {
      placed.delete(this.#index);
    }
  }

  /** Gives the file its name and hands it over. */
  async #takeOver(message: RaftMessage): Promise<void> {
    const { disk, directory, logger, counters, deliver, clock } = this.#options;
    const path = `${directory}/${snapshotDatabaseName(this.#index)}`;
    const bytes = this.#written;
    this.#close();
    await disk.renameAsync(this.#temporary, path);
    await disk.syncDirectoryAsync(directory);
    this.#temporary = "";
    const size = humanBytes(bytes);
    logger.info("saved database snapshot to disk", { path, bytes, size });
    const tookMs = clock.monotonic() - this.#began;
    logger.info("received and saved database snapshot", {
      ...this.#ids,
      "incoming-snapshot-index": this.#index,
      "incoming-snapshot-size-bytes": bytes,
      "incoming-snapshot-size": size,
      "download-took": goDuration(tookMs),
    });
    counters.receivedBytes.add(this.#from, bytes);
    try {
      await deliver(message, path);
    } catch (error) {
      logger.warn("failed to process Raft message", { ...this.#ids, error: textOf(error) });
      throw new Refused(500, `failed to process raft message (${textOf(error)})`);
    }
    if (this.#over) return;
    counters.snapshotsReceived.add(this.#from, 1);
    counters.snapshotReceiveSeconds.observe(this.#from, tookMs / 1000);
    this.#end();
    this.#connection.reply({ status: 204, headers: this.#headers, body: "" });
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const { counters, logger } = this.#options;
    this.#end();
    counters.snapshotReceiveFailures.add(this.#from, 1);
    if (!(error instanceof Refused)) {
      logger.warn("failed to save incoming database snapshot", {
        ...this.#ids,
        "incoming-snapshot-index": this.#index,
        error: textOf(error),
      });
    }
    const status = error instanceof Refused ? error.status : 500;
    const text =
      error instanceof Refused ? error.message : `failed to save KV snapshot (${textOf(error)})`;
    this.#connection.reply(textResponse(status, text, this.#headers), true);
    // After the step that may still be using the file.
    void this.#work.then(() => this.#discard());
  }

  #end(): void {
    const { receiving, counters } = this.#options;
    this.#over = true;
    receiving.count--;
    if (this.#message !== undefined) counters.snapshotsReceiving.add(this.#from, -1);
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #discard(): Promise<void> {
    const { disk, logger } = this.#options;
    this.#close();
    if (this.#temporary === "") return;
    try {
      if (disk.exists(this.#temporary)) await disk.removeAsync(this.#temporary);
    } catch (error) {
      logger.warn("failed to remove a snapshot that was not received whole", {
        error: textOf(error),
      });
    }
  }
}

/** Begins to receive a snapshot, or refuses it when enough are on their way. */
export function receiveSnapshot(
  options: SnapshotReceiverOptions,
  connection: ServerConnection,
  headers: Record<string, string>,
): BodySink {
  if (options.receiving.count < SNAPSHOTS_RECEIVED_MAX) {
    return new SnapshotReceiver(options, connection, headers);
  }
  const { status, message } = busy("too many snapshots are being received");
  connection.reply(textResponse(status, message, headers), true);
  return { onBody: () => undefined, onEnd: () => undefined, onAbort: () => undefined };
}

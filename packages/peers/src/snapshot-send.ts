import { RaftMessage } from "@nodetcd/messages";
import type { Clock, Timer } from "@nodetcd/runtime";
import { PeerError, textOf } from "./errors.ts";
import { ClientConnection, collectReply, type Reply, requestBytes } from "./http1/exchange.ts";
import { humanBytes } from "./human-bytes.ts";
import { hexId, requestHeaders } from "./identity.ts";
import { SNAPSHOT_REPLY_TIMEOUT_MS, SNAPSHOT_STALL_MS, SNAPSHOT_TIMEOUT_MS } from "./limits.ts";
import { checkPostReply, type PipelineOptions } from "./pipeline.ts";

/** The bytes of a database file while writes go on; `BackendSnapshot` of the backend is one. */
export interface SnapshotSource {
  /** Bytes in all. */
  readonly size: number;
  /** The bytes from the beginning, in chunks that the caller owns. */
  read(): AsyncIterable<Uint8Array>;
  /** Called exactly once, whatever happened. */
  close(): void;
}

const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** Ends a connection on which nothing moves. */
class StallWatch {
  readonly #clock: Clock;
  readonly #connection: ClientConnection;
  #timer: Timer | undefined;

  constructor(clock: Clock, connection: ClientConnection) {
    this.#clock = clock;
    this.#connection = connection;
  }

  /** From now on something has to happen within this time. */
  within(timeoutMs: number): void {
    this.cancel();
    const late = new PeerError("TIMED_OUT", "timeout");
    this.#timer = this.#clock.setTimer(timeoutMs, () => this.#connection.close(late));
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}

/** Sends the body chunk by chunk, as fast as the socket takes it, until all is sent or a reply is there. */
async function sendBody(
  connection: ClientConnection,
  watch: StallWatch,
  message: Uint8Array,
  source: SnapshotSource,
  answered: () => boolean,
): Promise<void> {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(message.length));
  const send = async (bytes: Uint8Array): Promise<void> => {
    const { socket } = connection;
    socket.cork();
    socket.write(Buffer.from(`${bytes.length.toString(16)}\r\n`));
    socket.write(bytes);
    const room = socket.write(Buffer.from("\r\n"));
    socket.uncork();
    watch.within(SNAPSHOT_STALL_MS);
    if (!room) await new Promise<void>((resolve) => (connection.onDrain = resolve));
  };
  await send(Buffer.concat([length, message]));
  let sent = 0;
  for await (const bytes of source.read()) {
    if (connection.closed || answered()) return;
    if (bytes.length > 0) await send(bytes);
    sent += bytes.length;
  }
  if (sent !== source.size) {
    throw new PeerError("BAD_FRAME", `the database gave ${sent} bytes instead of ${source.size}`);
  }
  connection.socket.write(LAST_CHUNK);
}

/** One POST with a body that is streamed; resolves with the reply. */
async function upload(
  clock: Clock,
  connection: ClientConnection,
  head: Uint8Array,
  [message, source]: readonly [Uint8Array, SnapshotSource],
): Promise<Reply> {
  const watch = new StallWatch(clock, connection);
  let answered = false;
  try {
    const reply = collectReply(clock, connection, SNAPSHOT_TIMEOUT_MS, (sink) =>
      connection.request(head, sink),
    ).finally(() => {
      answered = true;
      connection.onDrain();
    });
    const sent = sendBody(connection, watch, message, source, () => answered).then(() =>
      watch.within(SNAPSHOT_REPLY_TIMEOUT_MS),
    );
    // Whichever fails first says why; a reply ends the upload.
    sent.catch((error: unknown) =>
      connection.close(error instanceof Error ? error : new Error(textOf(error))),
    );
    const result = await reply;
    await sent;
    return result;
  } finally {
    watch.cancel();
  }
}

/** Sends a snapshot: raft's message, then the database. Reports to raft how it went. */
export class SnapshotSender {
  readonly #options: PipelineOptions;
  readonly #open = new Set<ClientConnection>();
  #stopped = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Snapshots on their way. */
  get sending(): number {
    return this.#open.size;
  }

  /** Does not reject: who waits for the outcome is raft, through `reportSnapshot`. */
  async send(message: RaftMessage, source: SnapshotSource): Promise<void> {
    const { clock, logger, peerId, counters, status, reportSnapshot, reportUnreachable } =
      this.#options;
    const to = hexId(peerId);
    const began = clock.monotonic();
    const body = RaftMessage.encode(message);
    const bytes = body.length + 8 + source.size;
    const fields = {
      "snapshot-index": message.snapshot?.metadata?.index ?? 0,
      "remote-peer-id": to,
      bytes,
      size: humanBytes(bytes),
    };
    logger.info("sending database snapshot", fields);
    counters.snapshotsSending.add(to, 1);
    try {
      await this.#post(body, source);
      if (this.#stopped) return;
      status.activate();
      counters.sentBytes.add(to, bytes);
      counters.snapshotsSent.add(to, 1);
      counters.snapshotSendSeconds.observe(to, (clock.monotonic() - began) / 1000);
      logger.info("sent database snapshot", fields);
      reportSnapshot(peerId, true);
    } catch (error) {
      if (this.#stopped) return;
      counters.snapshotSendFailures.add(to, 1);
      counters.sentFailures.add(to, 1);
      logger.warn("failed to send database snapshot", { ...fields, error: textOf(error) });
      status.deactivate("sendMsgSnap", "post", textOf(error));
      reportUnreachable(peerId);
      reportSnapshot(peerId, false);
      if (error instanceof PeerError && error.code === "REMOVED") this.#options.onRemoved();
    } finally {
      counters.snapshotsSending.add(to, -1);
      source.close();
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const connection of this.#open) connection.close(new PeerError("STOPPED", "stopped"));
  }

  async #post(message: Uint8Array, source: SnapshotSource): Promise<void> {
    const { dial, urls, identity, peerId, logger, clock } = this.#options;
    const url = urls.current;
    try {
      const connection = new ClientConnection(await dial(url));
      if (this.#stopped) connection.close(new PeerError("STOPPED", "stopped"));
      this.#open.add(connection);
      try {
        const headers = {
          ...requestHeaders(identity),
          "Content-Type": "application/octet-stream",
          "Transfer-Encoding": "chunked",
        };
        const head = requestBytes(url.authority, {
          method: "POST",
          path: "/raft/snapshot",
          headers,
        });
        checkPostReply(
          await upload(clock, connection, head, [message, source]),
          identity,
          peerId,
          logger,
        );
      } finally {
        this.#open.delete(connection);
        connection.close(new PeerError("STOPPED", "done"));
      }
    } catch (error) {
      urls.failed(url);
      throw error;
    }
  }
}

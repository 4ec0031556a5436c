import { MessageType, type RaftMessage } from "@nodetcd/messages";
import type { Socket } from "@nodetcd/runtime";
import { AppendDecoder } from "./codec/append-stream.ts";
import { MessageDecoder, type StreamReceiver } from "./codec/message-stream.ts";
import { hexId } from "./identity.ts";
import { Probe, type ProbeName } from "./probe.ts";
import { type PeerContext, Remote } from "./remote.ts";
import { StreamReader, type StreamKind } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";

export interface PeerInbox {
  /** A message on a stream; raising an error ends the stream. */
  readonly onMessage: (message: RaftMessage, from: bigint, bytes: number) => void;
}

/** A member of the configuration: a pair of streams in each direction, POSTs, and probes. */
export class Peer {
  readonly remote: Remote;
  readonly #context: PeerContext;
  readonly #writers: Readonly<Record<StreamKind, StreamWriter>>;
  readonly #readers: readonly StreamReader[];
  readonly #probes: readonly Probe[];

  constructor(context: PeerContext, id: bigint, urls: readonly string[], inbox: PeerInbox) {
    this.#context = context;
    const { logger, identity } = context;
    logger.info("starting remote peer", { "remote-peer-id": hexId(id) });
    this.remote = new Remote(context, id, urls);
    const common = { ...context, peerId: id, status: this.remote.status, urls: this.remote.urls };
    const writer = (kind: StreamKind): StreamWriter =>
      new StreamWriter({ ...common, kind, localId: identity.memberId });
    this.#writers = { message: writer("message"), append: writer("append") };
    const receiver: StreamReceiver = {
      onMessage: (message, bytes) => inbox.onMessage(message, id, bytes),
      onLinkHeartbeat: (bytes) => context.counters.receivedBytes.add("0", bytes),
    };
    const ids = { from: id, to: identity.memberId };
    this.#readers = [
      new StreamReader({
        ...common,
        kind: "append",
        decoder: () => new AppendDecoder(receiver, ids),
      }),
      new StreamReader({ ...common, kind: "message", decoder: () => new MessageDecoder(receiver) }),
    ];
    const probe = (name: ProbeName): Probe => new Probe({ ...common, name });
    this.#probes = [probe("ROUND_TRIPPER_RAFT_MESSAGE"), probe("ROUND_TRIPPER_SNAPSHOT")];
    logger.info("started remote peer", { "remote-peer-id": hexId(id) });
  }

  /** Smoothed round trip and clock difference, in milliseconds. */
  get probed(): { readonly roundTripMs: number; readonly clockDifferenceMs: number } {
    const { roundTripMs, clockDifferenceMs } = this.#probes[0]!;
    return { roundTripMs, clockDifferenceMs };
  }

  /** Appends have a stream of their own, so that long ones do not hold up heartbeats. */
  send(message: RaftMessage): void {
    const { append, message: other } = this.#writers;
    const writer = message.type === MessageType.MsgApp && append.working ? append : other;
    if (!writer.working) this.remote.send(message);
    else if (!writer.send(message)) this.remote.dropped(message);
  }

  attach(kind: StreamKind, socket: Socket): void {
    this.#writers[kind].attach(socket);
  }

  stop(): void {
    const { logger, counters } = this.#context;
    const fields = { "remote-peer-id": hexId(this.remote.id) };
    logger.info("stopping remote peer", fields);
    for (const writer of Object.values(this.#writers)) writer.stop();
    for (const reader of this.#readers) reader.stop();
    for (const probe of this.#probes) probe.stop();
    this.remote.stop();
    counters.activePeers.set(hexId(this.remote.id), 0);
    logger.info("stopped remote peer", fields);
  }
}

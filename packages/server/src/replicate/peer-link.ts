import type { AppliedChange, MemberRecord } from "@nodetcd/membership";
import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { hexId, PeerError, Transport, type TransportOptions } from "@nodetcd/peers";

/** What the link needs of the member besides its transport's options. */
export interface PeerLinkOptions extends TransportOptions {
  /** Sends the snapshot that raft asks for. */
  readonly sendSnapshot: (message: RaftMessage) => void;
}

/** Raft's messages to and from the other members, and who those are. */
export class PeerLink {
  readonly transport: Transport;
  readonly #options: PeerLinkOptions;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.transport = new Transport(options);
  }

  /** Talks with these members from now on, and with no others. */
  connect(members: readonly MemberRecord[]): void {
    const ids = new Set(members.map(({ id }) => id));
    for (const id of this.transport.peerIds) if (!ids.has(id)) this.transport.removePeer(id);
    for (const { id, peerUrls } of members) this.#add(id, peerUrls);
  }

  /** What is in the log must be lived with: addresses that are none leave the member unreachable. */
  #add(id: bigint, urls: readonly string[]): void {
    try {
      this.#addOrUpdate(id, urls);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      const fields = { "remote-peer-id": hexId(id), error: error.message };
      this.#options.logger.warn("a member has peer URLs that cannot be dialled", fields);
    }
  }

  #addOrUpdate(id: bigint, urls: readonly string[]): void {
    if (id === this.#options.memberId) this.transport.updateOwnUrls(urls);
    else if (this.transport.peerIds.includes(id)) this.transport.updatePeer(id, urls);
    else this.transport.addPeer(id, urls);
  }

  /** Follows a change of the members that was made. */
  follow(change: AppliedChange): void {
    switch (change.kind) {
      case "added":
      case "updated":
        this.#add(change.member.id, change.member.peerUrls);
        return;
      case "removed":
        if (change.id !== this.#options.memberId) this.transport.removePeer(change.id);
        return;
      case "promoted":
    }
  }

  /** Sends what raft wants sent. A snapshot goes a way of its own. */
  send(messages: readonly RaftMessage[]): void {
    if (messages.length === 0) return;
    let plain = messages;
    if (messages.some(({ type }) => type === MessageType.MsgSnap)) {
      plain = messages.filter(({ type }) => type !== MessageType.MsgSnap);
      for (const message of messages) {
        if (message.type === MessageType.MsgSnap) this.#options.sendSnapshot(message);
      }
    }
    this.transport.send(plain);
  }
}

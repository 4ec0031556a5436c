import { SOCKET_HIGH_WATER_MARK, type Socket } from "@nodetcd/runtime";
import type { HostClock } from "./host-clock.ts";

/** A way between two hosts; what it carries happens later, in order. */
export interface Line {
  carry(work: () => void): void;
}

/** One end of a connection to be. */
export interface End {
  readonly name: string;
  readonly clock: HostClock;
  /** Of the process that the end belongs to; it is in there as long as it is open. */
  readonly sockets: Set<VirtualSocket>;
  /** To the other end. */
  readonly line: Line;
}

export function connectSockets(one: End, other: End): [VirtualSocket, VirtualSocket] {
  const sockets = [new VirtualSocket(one, other.name), new VirtualSocket(other, one.name)] as const;
  sockets[0].peer = sockets[1];
  sockets[1].peer = sockets[0];
  return [...sockets];
}

/** One end of a connection in a `VirtualNetwork`. */
export class VirtualSocket implements Socket {
  onData: (chunk: Uint8Array) => void = () => undefined;
  onEnd: () => void = () => undefined;
  onDrain: () => void = () => undefined;
  onClose: (error: Error | undefined) => void = () => undefined;
  readonly alpnProtocol = "";
  readonly peerCertificate = undefined;
  readonly remoteHost: string;
  /** The other end; set by `connectSockets`. */
  peer: VirtualSocket | undefined;
  queuedBytes = 0;
  readonly #end: End;
  #corked: Uint8Array[] | undefined;
  /** What has arrived and is not taken yet, because of `pause`. */
  #arrived: (() => void)[] = [];
  #isPaused = false;
  #isEnding = false;
  #hasPeerEnded = false;
  #isClosed = false;

  constructor(end: End, remoteHost: string) {
    this.#end = end;
    this.remoteHost = remoteHost;
    end.sockets.add(this);
  }

  get remoteAddress(): string {
    return `${this.remoteHost}:1`;
  }

  get localAddress(): string {
    return `${this.#end.name}:1`;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isClosed || this.#isEnding) return false;
    // What is given must not change, and the receiver may keep it: it gets a copy.
    const bytes = new Uint8Array(chunk);
    this.queuedBytes += bytes.length;
    if (this.#corked !== undefined) this.#corked.push(bytes);
    else this.#send(bytes);
    return this.queuedBytes < SOCKET_HIGH_WATER_MARK;
  }

  cork(): void {
    this.#corked = [];
  }

  uncork(): void {
    const chunks = this.#corked ?? [];
    this.#corked = undefined;
    if (chunks.length > 0 && !this.#isClosed) this.#send(Buffer.concat(chunks));
  }

  #send(bytes: Uint8Array): void {
    const peer = this.peer!;
    this.#end.line.carry(() => {
      peer.#arrive(() => {
        this.#taken(bytes.length);
        peer.onData(bytes);
      });
    });
  }

  #taken(count: number): void {
    const wasFull = this.queuedBytes >= SOCKET_HIGH_WATER_MARK;
    this.queuedBytes -= count;
    if (!wasFull || this.queuedBytes >= SOCKET_HIGH_WATER_MARK || this.#isClosed) return;
    this.#end.clock.run(() => {
      if (!this.#isClosed) this.onDrain();
    });
  }

  /** Nothing of it happens once this end is closed, and nothing while it is paused. */
  #arrive(work: () => void): void {
    if (this.#isClosed) return;
    if (this.#isPaused) return void this.#arrived.push(work);
    this.#end.clock.run(() => {
      if (this.#isPaused) this.#arrived.push(work);
      else if (!this.#isClosed) work();
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#end.clock.defer(() => {
      while (!this.#isPaused && !this.#isClosed && this.#arrived.length > 0) {
        this.#arrived.shift()!();
      }
    });
  }

  end(): void {
    if (this.#isClosed || this.#isEnding) return;
    this.#isEnding = true;
    const peer = this.peer!;
    this.#end.line.carry(() => {
      peer.#arrive(() => {
        peer.#hasPeerEnded = true;
        peer.onEnd();
        if (peer.#isEnding) peer.#close(undefined);
      });
    });
    if (this.#hasPeerEnded) this.#end.clock.defer(() => this.#close(undefined));
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return;
    this.#tellPeer();
    this.#end.clock.defer(() => this.#close(error));
  }

  /** The process is gone: nothing is called here any more. */
  vanish(isSilent: boolean): void {
    if (!isSilent) this.#tellPeer();
    this.#isClosed = true;
  }

  #tellPeer(): void {
    const peer = this.peer!;
    this.#end.line.carry(() => peer.#break());
  }

  /** The other side has given up; what arrived and was not taken is lost. */
  #break(): void {
    this.#end.clock.run(() => this.#close(new Error("read: connection reset by peer")));
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end.sockets.delete(this);
    this.onClose(error);
  }
}

import type { Clock, ConnectOptions, ListenOptions, Network, Socket } from "@nodetcd/runtime";

const ignore = (): void => undefined;

/** One end of a pair. Bytes arrive in a turn of their own, after the network's delay for this direction. */
class MemorySocket implements Socket {
  onData: (chunk: Uint8Array) => void = ignore;
  onEnd: () => void = ignore;
  onDrain: () => void = ignore;
  onClose: (error: Error | undefined) => void = ignore;
  readonly remoteAddress = "memory:0";
  readonly localAddress = "memory:0";
  readonly alpnProtocol = "";
  readonly peerCertificate = undefined;
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  other!: MemorySocket;
  queuedBytes = 0;
  #closed = false;

  constructor(clock: Clock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  write(chunk: Uint8Array): boolean {
    const bytes = Uint8Array.from(chunk);
    this.#later(() => this.other.onData(bytes));
    return true;
  }

  #later(work: () => void): void {
    this.#clock.setTimer(this.#delayMs(), () => {
      if (!this.other.#closed) work();
    });
  }

  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}

  end(): void {
    this.#later(() => this.other.onEnd());
  }

  destroy(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.defer(() => this.onClose(error));
    this.#clock.setTimer(this.#delayMs(), () => this.other.destroy());
  }
}

/** A network inside one process, on whatever clock: what the transport stands on is no more than this. */
export class MemoryNetwork implements Network {
  readonly #clock: Clock;
  readonly #listeners = new Map<number, (socket: Socket) => void>();
  readonly sockets: MemorySocket[] = [];
  /** Milliseconds to the listener, and back. */
  delays = { there: 1, back: 1 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listen({ port, onSocket }: ListenOptions): ReturnType<Network["listen"]> {
    this.#listeners.set(port, onSocket);
    return Promise.resolve({
      port,
      close: () => {
        this.#listeners.delete(port);
        return Promise.resolve();
      },
    });
  }

  connect({ host, port }: ConnectOptions): Promise<Socket> {
    const accept = this.#listeners.get(port);
    if (accept === undefined) {
      return Promise.reject(new Error(`Cannot connect to ${host}:${port}: connection refused`));
    }
    const [near, far] = [
      new MemorySocket(this.#clock, () => this.delays.there),
      new MemorySocket(this.#clock, () => this.delays.back),
    ];
    near.other = far;
    far.other = near;
    this.sockets.push(near, far);
    accept(far);
    return Promise.resolve(near);
  }

  listenUnix(): never {
    throw new Error("not needed");
  }
  connectUnix(): never {
    throw new Error("not needed");
  }
  serveHttp1(): never {
    throw new Error("not needed");
  }
  tlsServer(): never {
    throw new Error("not needed");
  }
}

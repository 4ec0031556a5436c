import type { ConnectOptions, Listener, ListenOptions, Network } from "@nodetcd/runtime";
import type { HostClock } from "./host-clock.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import { connectSockets, type Line, type VirtualSocket } from "./virtual-socket.ts";

export interface VirtualNetworkOptions {
  readonly clock: VirtualClock;
  /** Milliseconds from one host to another; asked for each piece that is sent. Pieces of a connection keep their order. */
  readonly delayMs: (from: string, to: string) => number;
}

interface Host {
  readonly clock: HostClock;
  readonly listeners: Map<number, ListenOptions>;
  readonly sockets: Set<VirtualSocket>;
}

/**
 * TCP between simulated hosts, without TLS and Unix sockets. What is sent arrives whole and in order, or not yet:
 * over a link that is cut nothing arrives until it is healed, and nobody is told. Hosts are named by their addresses.
 */
export class VirtualNetwork {
  readonly #options: VirtualNetworkOptions;
  readonly #hosts = new Map<string, Host>();
  /** Called once the network is healed, for what waits. */
  readonly #waiting = new Set<() => void>();
  #isCut: (from: string, to: string) => boolean = () => false;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
  }

  /** The network as a process on a host sees it; what an earlier process on it had is gone. */
  join(name: string, clock: HostClock): Network {
    const host: Host = { clock, listeners: new Map(), sockets: new Set() };
    this.#hosts.set(name, host);
    const none = (what: string) => (): never => {
      throw new Error(`There are no ${what} in a simulated network`);
    };
    return {
      listen: async (options) => this.#listen(host, options),
      connect: (options) => this.#connect(name, host, options),
      listenUnix: none("Unix sockets"),
      connectUnix: none("Unix sockets"),
      serveHttp1: () => ({ take: (socket) => socket.destroy(), close: () => undefined }),
      tlsServer: none("TLS servers"),
    };
  }

  /** From now on nothing arrives where `isCut` says so. */
  cut(isCut: (from: string, to: string) => boolean): void {
    this.#isCut = isCut;
    for (const retry of this.#waiting) retry();
  }

  heal(): void {
    this.cut(() => false);
  }

  /**
   * The process on a host has died: its connections break. Those at their other ends hear of it, unless the
   * machine is gone with it.
   */
  leave(name: string, isSilent: boolean): void {
    const host = this.#hosts.get(name);
    this.#hosts.delete(name);
    for (const socket of host?.sockets ?? []) socket.vanish(isSilent);
  }

  /** Breaks every connection that `isMeant` names, at both ends. */
  reset(isMeant: (from: string, to: string) => boolean): void {
    for (const [name, { sockets }] of this.#hosts) {
      for (const socket of sockets) {
        if (isMeant(name, socket.remoteHost)) socket.destroy(new Error("connection reset by peer"));
      }
    }
  }

  #listen(host: Host, options: ListenOptions): Listener {
    const { port } = options;
    if (host.listeners.has(port)) throw new Error(`listen ${options.host}:${port}: address in use`);
    host.listeners.set(port, options);
    return {
      port,
      close: async () => void host.listeners.delete(port),
    };
  }

  /** Takes one way there and one back. */
  #connect(
    from: string,
    host: Host,
    { host: to, port, timeoutMs }: ConnectOptions,
  ): Promise<VirtualSocket> {
    const where = `${to}:${port}`;
    return new Promise((resolve, reject) => {
      const timer = host.clock.setTimer(timeoutMs, () => {
        reject(new Error(`dial tcp ${where}: i/o timeout`));
      });
      const forth = this.#line(from, to);
      const back = this.#line(to, from);
      forth.carry(() => {
        const target = this.#hosts.get(to);
        const listener = target?.listeners.get(port);
        if (target === undefined || listener === undefined) {
          back.carry(() => {
            timer.cancel();
            host.clock.run(() =>
              reject(new Error(`dial tcp ${where}: connect: connection refused`)),
            );
          });
          return;
        }
        const [near, far] = connectSockets(
          { name: from, clock: host.clock, sockets: host.sockets, line: forth },
          { name: to, clock: target.clock, sockets: target.sockets, line: back },
        );
        target.clock.run(() => listener.onSocket(far));
        back.carry(() => {
          timer.cancel();
          host.clock.run(() => resolve(near));
        });
      });
    });
  }

  /** A way between two hosts on which everything keeps its order. */
  #line(from: string, to: string): Line {
    const { clock, delayMs } = this.#options;
    const queue: (() => void)[] = [];
    let lastDue = 0;
    /** How many have come due while the link was cut. */
    let held = 0;
    const arrive = (): void => {
      if (!this.#isCut(from, to)) return queue.shift()!();
      held++;
      this.#waiting.add(retry);
    };
    const retry = (): void => {
      if (this.#isCut(from, to)) return;
      this.#waiting.delete(retry);
      for (; held > 0; held--) clock.setTimer(0, arrive);
    };
    return {
      carry: (work) => {
        lastDue = Math.max(lastDue, clock.monotonic() + delayMs(from, to));
        queue.push(work);
        clock.setTimer(lastDue - clock.monotonic(), arrive);
      },
    };
  }
}

/**
 * The network between member processes: each is reached by the others through a proxy of ours, which can stop what
 * one member sends to another. As with a cable that is cut, nothing is told: bytes stay where they are
 * until the link is whole again or somebody gives up, and connections that are made meanwhile come to nothing.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

/** Longest head of a request; more means that it is none. */
const HEAD_BYTES_MAX = 16_384;

/** Told of each connection that is made; takes its pieces, those of the dialler (`isForth`) and those that come back. */
export type Tap = (connection: Ends) => (isForth: boolean, bytes: Buffer) => void;

/** Who dialled, whom, and at which port. */
interface Ends {
  readonly from: () => string;
  readonly to: string;
  readonly port: number;
}

export class PeerLinks {
  /** Names of members by their ids in hex, as they call themselves in their requests. */
  readonly names = new Map<string, string>();
  tap: Tap | undefined;
  /** Milliseconds by which answers to a request with this head are late. */
  delayOf: (head: string) => number = () => 0;
  readonly #servers = new Map<number, Server>();
  readonly #lines = new Set<Line>();
  #isCut: (from: string, to: string) => boolean = () => false;

  /** Takes connections at `port` for the member `to`, which listens at `target`. */
  async serve(to: string, port: number, target: number): Promise<void> {
    const server = createServer((client) => this.#take(client, { to, port }, target));
    this.#servers.set(port, server);
    await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  }

  /** Nobody is at this port any more. */
  abandon(port: number): void {
    this.#servers.get(port)?.close();
    for (const line of this.#lines) if (line.port === port) line.destroy();
  }

  /** From now on what `isCut` names does not arrive. */
  cut(isCut: (from: string, to: string) => boolean): void {
    this.#isCut = isCut;
    for (const line of this.#lines) line.update(isCut);
  }

  heal(): void {
    this.cut(() => false);
  }

  close(): void {
    this.heal();
    for (const server of this.#servers.values()) server.close();
    for (const line of this.#lines) line.destroy();
  }

  /** Who sends is in the head of its first request; probes and questions do not say, and are nobody's. */
  #take(client: Socket, { to, port }: { to: string; port: number }, target: number): void {
    let head = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      if (!head.includes("\r\n\r\n") && head.length < HEAD_BYTES_MAX) return;
      client.off("data", read);
      const id = /^x-server-from: *(\w+)/im.exec(head.toString("latin1"))?.[1] ?? "";
      // Ids of founders are not known yet when they make their first connections.
      const from = (): string => this.names.get(id) ?? "";
      const line = new Line(client, { from, to, port }, connect(target, "127.0.0.1"));
      line.tap = this.tap?.({ from, to, port });
      line.tap?.(true, head);
      const text = head.toString("latin1");
      // A connection may serve for several questions of the kind.
      line.delayMs = () => this.delayOf(text);
      this.#lines.add(line);
      client.on("close", () => this.#lines.delete(line));
      line.begin(head);
      line.update(this.#isCut);
    };
    client.on("data", read);
    client.on("error", () => client.destroy());
  }
}

/** One connection through a proxy. */
class Line {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #ends: Ends;
  #held: Buffer | undefined;
  tap: ((isForth: boolean, bytes: Buffer) => void) | undefined;
  /** By which what comes back is late. */
  delayMs: () => number = () => 0;

  constructor(client: Socket, ends: Ends, server: Socket) {
    this.#client = client;
    this.#ends = ends;
    this.#server = server;
    client.on("data", (chunk: Buffer) => {
      this.tap?.(true, chunk);
      server.write(chunk);
    });
    server.on("data", (chunk: Buffer) => {
      this.tap?.(false, chunk);
      const delayMs = this.delayMs();
      if (delayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), delayMs);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.on("end", () => other.end());
    }
  }

  get port(): number {
    return this.#ends.port;
  }

  begin(head: Buffer): void {
    this.#held = head;
  }

  update(isCut: (from: string, to: string) => boolean): void {
    const [from, { to }] = [this.#ends.from(), this.#ends];
    const [forth, back] = [isCut(from, to), isCut(to, from)];
    if (forth) this.#client.pause();
    else this.#client.resume();
    if (back) this.#server.pause();
    else this.#server.resume();
    // A connection needs both directions to come about.
    if (this.#held === undefined || forth || back) return;
    this.#server.write(this.#held);
    this.#held = undefined;
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}

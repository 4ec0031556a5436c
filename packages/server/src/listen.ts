import type { GrpcServer } from "@nodetcd/grpc";
import type { Http1Server, Listener, Network, Socket, SocketLimit } from "@nodetcd/runtime";
import { ServerError } from "./errors.ts";
import { EARLY_SOCKETS_MAX } from "./limits.ts";
import type { SocketLimits } from "./listen-limits.ts";
import { parseListenUrl } from "./listen-url.ts";

/** Where to bind, and how many sockets to take. */
export interface BindOptions {
  readonly url: string;
  /** Name of the flag that says so, for messages. */
  readonly option: string;
  /** Default: as many as come. */
  readonly limit?: SocketLimit | undefined;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** A listening address; sockets wait, unread, until `serve` says who takes them. */
export class Endpoint {
  /** As bound, with the real port. */
  readonly url: string;
  /** `127.0.0.1:2379` or the path of a socket file, for log lines. */
  readonly address: string;
  readonly #listener: Listener;
  readonly #early: Socket[] = [];
  #take: ((socket: Socket) => void) | undefined;
  #closed: Promise<void> | undefined;

  private constructor(listener: Listener, url: string, address: string) {
    this.#listener = listener;
    this.url = url;
    this.address = address;
  }

  /** Binds `url`. Raises `ADDRESS_UNAVAILABLE`. */
  static async bind(network: Network, { url, option, limit }: BindOptions): Promise<Endpoint> {
    const address = parseListenUrl(url, option);
    let endpoint: Endpoint | undefined;
    const early: Socket[] = [];
    const onSocket = (socket: Socket): void => {
      if (endpoint !== undefined) return endpoint.#accept(socket);
      socket.pause();
      early.push(socket);
    };
    const accept = limit === undefined ? { onSocket } : { onSocket, limit };
    let listener: Listener;
    try {
      listener =
        address.kind === "unix"
          ? await network.listenUnix({ path: address.path, ...accept })
          : await network.listen({ host: address.host, port: address.port, ...accept });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new ServerError("ADDRESS_UNAVAILABLE", `--${option}: ${text}`, { cause: error });
    }
    endpoint =
      address.kind === "unix"
        ? new Endpoint(listener, url, address.path)
        : new Endpoint(
            listener,
            `http://${address.shownHost}:${listener.port}`,
            `${bracketed(address.host)}:${listener.port}`,
          );
    for (const socket of early) endpoint.#accept(socket);
    return endpoint;
  }

  #accept(socket: Socket): void {
    if (this.#take !== undefined) return this.#take(socket);
    if (this.#early.length === EARLY_SOCKETS_MAX) return socket.destroy();
    socket.pause();
    this.#early.push(socket);
  }

  /** Hands over the sockets that wait and all that come. */
  #serve(take: (socket: Socket) => void): void {
    this.#take = take;
    for (const socket of this.#early.splice(0)) {
      take(socket);
      socket.resume();
    }
  }

  serveGrpc(server: GrpcServer): void {
    this.#serve((socket) => server.accept(socket));
  }

  serveHttp(server: Http1Server): void {
    this.#serve((socket) => server.take(socket, new Uint8Array(0)));
  }

  /** From now on the system refuses connections; those that exist stay. */
  stopListening(): void {
    this.#closed ??= this.#listener.close();
  }

  /** Resolves when the last connection is gone. */
  async close(): Promise<void> {
    for (const socket of this.#early.splice(0)) socket.destroy();
    this.stopListening();
    await this.#closed;
  }
}

/** The addresses of one member, by what is served there. */
export interface Endpoints {
  readonly clients: readonly Endpoint[];
  readonly http: readonly Endpoint[];
  readonly peers: readonly Endpoint[];
  readonly metrics: readonly Endpoint[];
}

export function allEndpoints(endpoints: Endpoints): Endpoint[] {
  return [...endpoints.clients, ...endpoints.http, ...endpoints.peers, ...endpoints.metrics];
}

const OPTIONS = {
  clients: "listen-client-urls",
  http: "listen-client-http-urls",
  peers: "listen-peer-urls",
  metrics: "listen-metrics-urls",
} as const;

/** Binds everything, or nothing when one address cannot be had. */
export async function bindEndpoints(
  network: Network,
  urls: Readonly<Record<keyof Endpoints, readonly string[]>>,
  { clients, others }: SocketLimits,
): Promise<Endpoints> {
  const both = urls.http.find((url) => urls.clients.includes(url));
  if (both !== undefined) {
    throw new ServerError(
      "BAD_CONFIG",
      `cannot bind both --listen-client-urls and --listen-client-http-urls on the same url ${both}`,
    );
  }
  const limits = { clients, http: clients, peers: others, metrics: others };
  const bound: Record<keyof Endpoints, Endpoint[]> = {
    clients: [],
    http: [],
    peers: [],
    metrics: [],
  };
  try {
    for (const kind of ["clients", "http", "peers", "metrics"] as const) {
      const [option, limit] = [OPTIONS[kind], limits[kind]];
      for (const url of urls[kind]) {
        bound[kind].push(await Endpoint.bind(network, { url, option, limit }));
      }
    }
  } catch (error) {
    await Promise.all(allEndpoints(bound).map((endpoint) => endpoint.close()));
    throw error;
  }
  return bound;
}

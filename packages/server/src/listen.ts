import type { GrpcServer } from "@nodetcd/grpc";
import type { Transport } from "@nodetcd/peers";
import type {
  Http1Server,
  Listener,
  Logger,
  Network,
  Runtime,
  Socket,
  SocketLimit,
  TlsServer,
} from "@nodetcd/runtime";
import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";
import { EARLY_SOCKETS_MAX } from "./limits.ts";
import { socketLimits } from "./listen-limits.ts";
import { isSecureUrl, type ListenAddress, parseListenUrl } from "./listen-url.ts";
import { type MakeTlsServer, secureListeners } from "./tls/listeners.ts";

/** Where to bind, and how many sockets to take. */
export interface BindOptions {
  /** One, or two that differ only in whether they are with TLS: both are served at the same place. */
  readonly urls: readonly string[];
  /** Name of the flag that says so, for messages. */
  readonly option: string;
  /** Default: as many as come. */
  readonly limit?: SocketLimit | undefined;
  /** Needed for URLs with TLS. */
  readonly tls?: MakeTlsServer | undefined;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The same for URLs that differ only in whether they are with TLS. */
function placeOf(url: string, option: string): string {
  const address = parseListenUrl(url, option);
  return address.kind === "unix" ? address.path : `${address.host} ${address.port}`;
}

function urlAsBound(url: string, address: ListenAddress, port: number): string {
  if (address.kind === "unix") return url;
  return `${isSecureUrl(url) ? "https" : "http"}://${address.shownHost}:${port}`;
}

/** A socket, and what was read from it to find out what it speaks. */
interface Arrival {
  readonly socket: Socket;
  readonly read: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** A listening address; sockets wait, unread, until `serve` says who takes them. */
export class Endpoint {
  /** As bound, with the real port. */
  readonly urls: readonly string[];
  /** `127.0.0.1:2379` or the path of a socket file, for log lines. */
  readonly address: string;
  readonly #listener: Listener;
  readonly #tls: TlsServer | undefined;
  readonly #early: Arrival[];
  #take: ((arrival: Arrival) => void) | undefined;
  #closed: Promise<void> | undefined;

  private constructor(parts: {
    listener: Listener;
    tls: TlsServer | undefined;
    urls: readonly string[];
    address: ListenAddress;
    early: Arrival[];
  }) {
    const { listener, tls, urls, address, early } = parts;
    this.#listener = listener;
    this.#tls = tls;
    this.#early = early;
    this.urls = urls.map((url) => urlAsBound(url, address, listener.port));
    this.address =
      address.kind === "unix" ? address.path : `${bracketed(address.host)}:${listener.port}`;
  }

  /** Binds what the URLs say. Raises `ADDRESS_UNAVAILABLE`, and `BAD_CONFIG` for certificates that are none. */
  static async bind(network: Network, options: BindOptions): Promise<Endpoint> {
    const { urls, option, limit, tls: makeTls } = options;
    const address = parseListenUrl(urls[0]!, option);
    let endpoint: Endpoint | undefined;
    const early: Arrival[] = [];
    const arrive = (socket: Socket, read: Uint8Array): void => {
      if (endpoint !== undefined) return endpoint.#accept({ socket, read });
      socket.pause();
      early.push({ socket, read });
    };
    const isPlain = urls.some((url) => !isSecureUrl(url));
    const events = {
      onSecure: (socket: Socket) => arrive(socket, NOTHING),
      ...(isPlain ? { onPlain: arrive } : {}),
    };
    const tls = urls.some(isSecureUrl) ? makeTls?.(events) : undefined;
    const onSocket = (socket: Socket): void =>
      tls === undefined ? arrive(socket, NOTHING) : tls.take(socket);
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
    endpoint = new Endpoint({ listener, tls, urls, address, early });
    return endpoint;
  }

  #accept(arrival: Arrival): void {
    if (this.#take !== undefined) return this.#take(arrival);
    const { socket } = arrival;
    if (this.#early.length === EARLY_SOCKETS_MAX) return socket.destroy();
    socket.pause();
    this.#early.push(arrival);
  }

  /** Hands over the sockets that wait and all that come. */
  #serve(take: (arrival: Arrival) => void): void {
    this.#take = take;
    for (const arrival of this.#early.splice(0)) {
      take(arrival);
      arrival.socket.resume();
    }
  }

  serveGrpc(server: GrpcServer): void {
    this.#serve(({ socket, read }) => {
      server.accept(socket);
      if (read.length > 0) socket.onData(read);
    });
  }

  serveHttp(server: Http1Server): void {
    this.#serve(({ socket, read }) => server.take(socket, read));
  }

  serveRaft(transport: Transport): void {
    this.#serve(({ socket, read }) => transport.serve(socket, read));
  }

  /** From now on the system refuses connections; those that exist stay. */
  stopListening(): void {
    this.#closed ??= this.#listener.close();
  }

  /** Resolves when the last connection is gone. */
  async close(): Promise<void> {
    for (const { socket } of this.#early.splice(0)) socket.destroy();
    this.#tls?.close();
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

type Kind = keyof Endpoints;
const KINDS: readonly Kind[] = ["clients", "http", "peers", "metrics"];

function listenUrls(config: MemberConfig): Readonly<Record<Kind, readonly string[]>> {
  const { listenClientUrls: clients, listenClientHttpUrls: http } = config;
  const { listenPeerUrls: peers, listenMetricsUrls: metrics } = config;
  const both = http.find((url) => clients.includes(url));
  if (both === undefined) return { clients, http, peers, metrics };
  throw new ServerError(
    "BAD_CONFIG",
    `cannot bind both --listen-client-urls and --listen-client-http-urls on the same url ${both}`,
  );
}

/** URLs by the place where they are served, in the order given. */
function byPlace(urls: readonly string[], option: string): string[][] {
  const places = new Map<string, string[]>();
  for (const url of urls) {
    const place = placeOf(url, option);
    places.set(place, [...(places.get(place) ?? []), url]);
  }
  return [...places.values()];
}

/** Binds everything, or nothing when one address cannot be had. */
export async function bindEndpoints(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): Promise<Endpoints> {
  const urls = listenUrls(config);
  const { clients, others } = socketLimits(runtime, logger);
  const limits = { clients, http: clients, peers: others, metrics: others };
  const secure = await secureListeners(runtime, config, logger);
  const bound: Record<Kind, Endpoint[]> = { clients: [], http: [], peers: [], metrics: [] };
  try {
    for (const kind of KINDS) {
      const rest = { option: OPTIONS[kind], limit: limits[kind], tls: secure[kind] };
      for (const group of byPlace(urls[kind], rest.option)) {
        bound[kind].push(await Endpoint.bind(runtime.network, { urls: group, ...rest }));
      }
    }
  } catch (error) {
    await Promise.all(allEndpoints(bound).map((endpoint) => endpoint.close()));
    throw error;
  }
  return bound;
}

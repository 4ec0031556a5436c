import type { ConnectOptions, Network, Socket } from "@nodetcd/runtime";

/** The network between the members of a cluster in this process: real sockets, with a cut wherever it is asked for. */
export class PeerNetwork {
  readonly #network: Network;
  /** Places of members by the port that others reach them at. */
  readonly #places = new Map<number, number>();
  readonly #open = new Set<{ from: number; to: number; socket: Socket }>();
  /** True where nothing gets from one place to another. */
  #isCut: (from: number, to: number) => boolean = () => false;

  constructor(network: Network) {
    this.#network = network;
  }

  addMember(place: number, peerPort: number): void {
    this.#places.set(peerPort, place);
  }

  /** From now on nothing is sent where `isCut` says so, in either direction; connections there end. */
  cut(isCut: (from: number, to: number) => boolean): void {
    this.#isCut = isCut;
    for (const { from, to, socket } of this.#open) {
      if (isCut(from, to)) socket.destroy(new Error("The network between the two members is cut"));
    }
  }

  /** The network as the member at a place sees it. */
  of(from: number): Network {
    const { connect, ...rest } = bound(this.#network);
    return {
      ...rest,
      connect: async (options: ConnectOptions) => {
        const to = this.#places.get(options.port);
        if (to === undefined) return connect(options);
        const refuse = (): never => {
          throw new Error(`connect ${options.host}:${options.port}: the network is cut`);
        };
        if (this.#isCut(from, to)) refuse();
        const socket = await connect(options);
        if (this.#isCut(from, to)) {
          socket.destroy();
          refuse();
        }
        this.#remember(from, to, socket);
        return socket;
      },
    };
  }

  #remember(from: number, to: number, socket: Socket): void {
    const entry = { from, to, socket };
    this.#open.add(entry);
    let { onClose } = socket;
    // The owner sets its handlers in this turn; both hear of the end.
    Object.defineProperty(socket, "onClose", {
      get: () => (error: Error | undefined) => {
        this.#open.delete(entry);
        onClose(error);
      },
      set: (listener: Socket["onClose"]) => {
        onClose = listener;
      },
    });
  }
}

/** The methods of a network, callable by themselves. */
function bound(network: Network): Network {
  return {
    listen: (options) => network.listen(options),
    listenUnix: (options) => network.listenUnix(options),
    connect: (options) => network.connect(options),
    connectUnix: (options) => network.connectUnix(options),
    serveHttp1: (handler) => network.serveHttp1(handler),
    tlsServer: (options, events) => network.tlsServer(options, events),
  };
}

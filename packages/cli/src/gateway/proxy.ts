import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { goDuration, type Logger } from "@nodetcd/runtime";
import { addressOf, type Remote, Remotes } from "./remotes.ts";

/** Milliseconds until a member that does not answer a connection counts as down. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface ProxyOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly remotes: readonly Remote[];
  /** Milliseconds between two looks at members that are down. */
  readonly retryDelayMs: number;
  readonly logger: Logger;
}

export interface Proxy {
  /** The port that it listens on. */
  readonly port: number;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Takes connections and hands their bytes to a member and back, as they are: TLS passes through. A member that cannot
 * be reached is left out until it can. Rejects when it cannot listen.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { logger, retryDelayMs } = options;
  const remotes = new Remotes(options.remotes);
  const interval = goDuration(retryDelayMs);
  const sockets = new Set<Socket>();
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };

  const serve = async (client: Socket): Promise<void> => {
    hold(client);
    // A client that leaves before there is a member for it.
    client.on("error", () => undefined);
    for (let remote = remotes.pick(); remote !== undefined; remote = remotes.pick()) {
      try {
        const member = await reach(remote);
        hold(member);
        join(client, member);
        return;
      } catch (error) {
        if (remotes.setActive(remote, false)) {
          logger.warn("deactivated endpoint", {
            address: addressOf(remote),
            interval,
            error: reason(error),
          });
        }
      }
    }
    client.destroy();
  };

  const server = createServer(
    { allowHalfOpen: true, noDelay: true },
    (client) => void serve(client),
  );
  await listen(server, options.listen);
  const timer = setInterval(() => {
    for (const remote of remotes.inactive()) void revive(remotes, remote, interval, logger);
  }, retryDelayMs);
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      clearInterval(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function revive(
  remotes: Remotes,
  remote: Remote,
  interval: string,
  logger: Logger,
): Promise<void> {
  const address = addressOf(remote);
  try {
    (await reach(remote)).destroy();
    if (remotes.setActive(remote, true)) logger.info("activated", { address });
  } catch (error) {
    logger.warn("failed to activate endpoint (stay inactive for another interval)", {
      address,
      interval,
      error: reason(error),
    });
  }
}

function reach({ host, port }: Remote): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error("connection timed out")));
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** Either side may end its half alone; an error of one ends both. */
function join(client: Socket, member: Socket): void {
  const both = (error: Error | null | undefined): void => {
    if (error === null || error === undefined) return;
    client.destroy();
    member.destroy();
  };
  pipeline(client, member, both);
  pipeline(member, client, both);
}

function listen(server: Server, at: ProxyOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, resolve);
  });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import * as fs from "node:fs";
import * as net from "node:net";
import { dirname } from "node:path";
import {
  type Listener,
  type ListenOptions,
  type ListenUnixOptions,
  UNIX_PATH_BYTES_MAX,
} from "../network.ts";
import { LISTEN_BACKLOG } from "../limits.ts";
import { takeAccepted } from "./socket.ts";

type Accept = Pick<ListenOptions, "onSocket" | "limit">;

const SETTINGS = { noDelay: true, allowHalfOpen: true, pauseOnConnect: true };

function acceptor({ onSocket, limit }: Accept): (accepted: net.Socket) => void {
  return (accepted) => {
    if (limit === undefined) return onSocket(takeAccepted(accepted));
    if (limit.open >= limit.max) {
      accepted.destroy();
      return limit.onRefused();
    }
    const socket = takeAccepted(accepted);
    limit.open++;
    socket.raw.on("close", () => limit.open--);
    onSocket(socket);
  };
}

/** Why an address cannot be had, and what to do; the first in the words that scripts look for. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    "address already in use. Stop the process that listens there, or choose another address",
  EACCES:
    "permission denied. Ports below 1024 are for privileged processes; a socket file needs a folder that can be written to",
  EADDRNOTAVAIL:
    "this machine has no such address. Choose one that it has: 127.0.0.1, or 0.0.0.0 for all",
};

function bind(options: Accept, where: net.ListenOptions, shown: string): Promise<Listener> {
  const server = net.createServer(SETTINGS, acceptor(options));
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = REASONS[cause.code ?? ""] ?? cause.message;
      reject(new Error(`Cannot listen on ${shown}: ${reason}`, { cause }));
    });
    server.listen({ ...where, backlog: LISTEN_BACKLOG }, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        close: () => new Promise((closed) => void server.close(() => closed())),
      });
      // Connections are waited for by their owners, not by the listener.
      server.on("error", () => undefined);
    });
  });
}

/** See `Network.listen`. */
export function listen(options: ListenOptions): Promise<Listener> {
  const { host, port } = options;
  return bind(options, host === "" ? { port } : { port, host }, `${host}:${port}`);
}

/** True when a process takes connections at this socket file. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      // It has more waiting than it takes.
      else if (error.code === "EAGAIN") resolve(true);
      else reject(error);
    });
  });
}

/** Removes the socket file of a process that is gone. */
async function removeStale(path: string): Promise<void> {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    // Else it would be called a lack of permission.
    if (!fs.existsSync(dirname(path))) throw new Error(`there is no folder ${dirname(path)}`);
    return;
  }
  if (!found.isSocket()) throw new Error("there is a file of another kind, which stays");
  if (await isAnswered(path)) throw new Error("another process listens there");
  fs.rmSync(path, { force: true });
}

/** Why this cannot be the path of a socket: the system would take what fits, and be elsewhere. */
export function unixPathProblem(path: string): string | undefined {
  const length = Buffer.byteLength(path);
  if (length <= UNIX_PATH_BYTES_MAX) return undefined;
  return `its path has ${length} bytes, the longest ${UNIX_PATH_BYTES_MAX}`;
}

/** See `Network.listenUnix`. */
export async function listenUnix(options: ListenUnixOptions): Promise<Listener> {
  const { path } = options;
  try {
    const problem = unixPathProblem(path);
    if (problem !== undefined) throw new Error(problem);
    await removeStale(path);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot listen on ${path}: ${text}`, { cause: error });
  }
  return await bind(options, { path }, path);
}

import * as net from "node:net";
import type { ConnectOptions, ConnectUnixOptions, Network, Socket } from "../network.ts";
import { serveHttp1 } from "./http1.ts";
import { listen, listenUnix, unixPathProblem } from "./listen.ts";
import { NodeSocket, readInPlace } from "./socket.ts";

function dial(where: net.NetConnectOpts, shown: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let connected: NodeSocket | undefined;
    const onread = readInPlace(() => connected);
    const socket = net.connect({ ...where, onread });
    const fail = (message: string, cause?: Error) => {
      socket.destroy();
      reject(new Error(`Cannot connect to ${shown}: ${message}`, { cause }));
    };
    const onError = (cause: Error) => fail(cause.message, cause);
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.off("error", onError);
      connected = new NodeSocket(socket);
      resolve(connected);
    });
  });
}

function connect({ host, port, timeoutMs }: ConnectOptions): Promise<Socket> {
  return dial({ host, port, noDelay: true }, `${host}:${port}`, timeoutMs);
}

async function connectUnix({ path, timeoutMs }: ConnectUnixOptions): Promise<Socket> {
  const problem = unixPathProblem(path);
  if (problem !== undefined) throw new Error(`Cannot connect to ${path}: ${problem}`);
  return await dial({ path }, path, timeoutMs);
}

export const nodeNetwork: Network = { listen, listenUnix, connect, connectUnix, serveHttp1 };

import * as net from "node:net";
import type { Network, Socket } from "../network.ts";
import { serveHttp1 } from "./http1.ts";
import { listen, listenUnix } from "./listen.ts";
import { NodeSocket, readInPlace } from "./socket.ts";

function connect(options: { host: string; port: number; timeoutMs: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let connected: NodeSocket | undefined;
    const onread = readInPlace(() => connected);
    const socket = net.connect({ host: options.host, port: options.port, noDelay: true, onread });
    const fail = (message: string, cause?: Error) => {
      socket.destroy();
      reject(new Error(`Cannot connect to ${options.host}:${options.port}: ${message}`, { cause }));
    };
    const onError = (cause: Error) => fail(cause.message, cause);
    socket.setTimeout(options.timeoutMs, () => fail(`no answer within ${options.timeoutMs} ms`));
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.off("error", onError);
      connected = new NodeSocket(socket);
      resolve(connected);
    });
  });
}

export const nodeNetwork: Network = { listen, listenUnix, connect, serveHttp1 };

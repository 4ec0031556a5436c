import * as net from "node:net";
import type { Listener, ListenOptions, Network, Socket } from "../network.ts";
import { serveHttp1 } from "./http1.ts";
import { NodeSocket, readInPlace, takeAccepted } from "./socket.ts";

function listen(options: ListenOptions): Promise<Listener> {
  const settings = { noDelay: true, allowHalfOpen: true, pauseOnConnect: true };
  const server = net.createServer(settings, (socket) => options.onSocket(takeAccepted(socket)));
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) =>
      reject(
        new Error(`Cannot listen on ${options.host}:${options.port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(options.port, options.host === "" ? undefined : options.host, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : options.port,
        close: () => new Promise((closed) => void server.close(() => closed())),
      });
      // Connections are waited for by their owners, not by the listener.
      server.on("error", () => undefined);
    });
  });
}

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

export const nodeNetwork: Network = { listen, connect, serveHttp1 };

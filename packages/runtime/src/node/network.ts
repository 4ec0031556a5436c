import * as net from "node:net";
import { basename } from "node:path";
import type * as tls from "node:tls";
import type { ConnectOptions, ConnectUnixOptions, Network, Socket } from "../network.ts";
import { serveHttp1 } from "./http1.ts";
import { listen, listenUnix, unixPathProblem } from "./listen.ts";
import { NodeSocket, readInPlace } from "./socket.ts";
import { dialError, dialOptions } from "./tls/dial.ts";
import { readPeerCertificate } from "./tls/peer-certificate.ts";
import { NodeTlsServer } from "./tls/server.ts";

/** Waits until a socket is connected, through its handshake if it has one. */
function connected(
  socket: net.Socket,
  shown: string,
  timeoutMs: number,
  isTls: boolean,
  wrap: () => NodeSocket,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: Error): void => {
      socket.destroy();
      reject(new Error(`Cannot connect to ${shown}: ${message}`, { cause }));
    };
    const onError = (cause: Error): void => fail(isTls ? dialError(cause) : cause.message, cause);
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
    socket.once("error", onError);
    socket.once(isTls ? "secureConnect" : "connect", () => {
      socket.setTimeout(0);
      socket.off("error", onError);
      resolve(wrap());
    });
  });
}

function dial(where: net.NetConnectOpts, shown: string, timeoutMs: number): Promise<Socket> {
  let receiver: NodeSocket | undefined;
  const onread = readInPlace(() => receiver);
  const socket = net.connect({ ...where, onread });
  return connected(socket, shown, timeoutMs, false, () => (receiver = new NodeSocket(socket)));
}

function dialTls(
  where: net.NetConnectOpts,
  shown: string,
  timeoutMs: number,
  options: tls.ConnectionOptions,
): Promise<Socket> {
  const socket = process.getBuiltinModule("node:tls").connect({ ...options, ...where });
  socket.setNoDelay(true);
  return connected(socket, shown, timeoutMs, true, () => {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    return new NodeSocket(socket, certificate && readPeerCertificate(certificate));
  });
}

async function connect({ host, port, timeoutMs, tls: secure }: ConnectOptions): Promise<Socket> {
  const shown = `${host}:${port}`;
  if (secure === undefined) return await dial({ host, port, noDelay: true }, shown, timeoutMs);
  return await dialTls({ host, port }, shown, timeoutMs, dialOptions(secure, host));
}

/** As what etcd's client takes the server of a socket file for: the file's name, without a port. */
function nameOfSocketFile(path: string): string {
  return basename(path).replace(/:\d*$/, "");
}

async function connectUnix({ path, timeoutMs, tls: secure }: ConnectUnixOptions): Promise<Socket> {
  const problem = unixPathProblem(path);
  if (problem !== undefined) throw new Error(`Cannot connect to ${path}: ${problem}`);
  if (secure === undefined) return await dial({ path }, path, timeoutMs);
  return await dialTls({ path }, path, timeoutMs, dialOptions(secure, nameOfSocketFile(path)));
}

export const nodeNetwork: Network = {
  listen,
  listenUnix,
  connect,
  connectUnix,
  serveHttp1,
  tlsServer: (options, events) => new NodeTlsServer(options, events),
};

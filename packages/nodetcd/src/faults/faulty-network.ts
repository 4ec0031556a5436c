import type { Network, Socket } from "@nodetcd/runtime";
import type { Faults } from "./faults.ts";
import { Line } from "./line.ts";

/** A network whose accepted connections suffer the faults. */
export function faultyNetwork(network: Network, faults: Faults): Network {
  const accept = (onSocket: (socket: Socket) => void) => (socket: Socket) => {
    if (faults.refuses) return socket.destroy();
    afflict(socket, faults);
    onSocket(socket);
  };
  return {
    listen: (options) => network.listen({ ...options, onSocket: accept(options.onSocket) }),
    listenUnix: (options) => network.listenUnix({ ...options, onSocket: accept(options.onSocket) }),
    connect: (options) => network.connect(options),
    connectUnix: (options) => network.connectUnix(options),
    serveHttp1: (handler) => network.serveHttp1(handler),
    tlsServer: (options, events) => network.tlsServer(options, events),
  };
}

/** Changes the socket itself: TLS and HTTP/1.1 take only sockets that the network has made. */
function afflict(socket: Socket, faults: Faults): void {
  const [incoming, outgoing] = [new Line(faults), new Line(faults)];
  const forget = faults.onRefuse(() => socket.destroy());
  intercept(socket, "onData", (owner) => (chunk) => incoming.pass(() => owner(chunk)));
  intercept(socket, "onEnd", (owner) => () => incoming.pass(() => owner()));
  intercept(socket, "onClose", (owner) => (error) => {
    forget();
    incoming.cut();
    outgoing.cut();
    owner(error);
  });
  const write = socket.write.bind(socket);
  const end = socket.end.bind(socket);
  socket.write = (chunk) => {
    let hasRoom = true;
    outgoing.pass(() => (hasRoom = write(chunk)));
    return hasRoom;
  };
  socket.end = () => outgoing.pass(end);
}

/** The owner sets its handler in this turn; what is called is the handler around it. */
function intercept<Name extends "onData" | "onEnd" | "onClose">(
  socket: Socket,
  name: Name,
  around: (owner: Socket[Name]) => Socket[Name],
): void {
  let handler = around(socket[name]);
  Object.defineProperty(socket, name, {
    get: () => handler,
    set: (owner: Socket[Name]) => {
      handler = around(owner);
    },
  });
}

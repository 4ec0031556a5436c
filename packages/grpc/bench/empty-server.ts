/**
 * A server with an empty unary call `/bench.Echo/Empty` and an echo `/bench.Echo/Echo`, for h2load and
 * h2spec. Prints its port. `PORT=0` by default; `HTTP2=node` uses `node:http2` instead, to compare.
 */
import * as http2 from "node:http2";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { GrpcServer, Services } from "../src/grpc.ts";

const port = Number(process.env["PORT"] ?? 0);
const EMPTY = new Uint8Array(0);

async function serveOwn(): Promise<number> {
  const services = new Services();
  services.unary("/bench.Echo/Empty", (_request, call) => call.reply(EMPTY));
  services.unary("/bench.Echo/Echo", (request, call) => call.reply(request));
  const server = new GrpcServer({
    services,
    clock: nodeClock,
    maxConcurrentStreams: Number(process.env["STREAMS"] ?? 1000),
  });
  const listener = await nodeNetwork.listen({
    host: "127.0.0.1",
    port,
    onSocket: (socket) => server.accept(socket),
  });
  return listener.port;
}

function serveNode(): Promise<number> {
  const server = http2.createServer();
  server.on("stream", (stream) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.resume();
    stream.on("end", () => stream.end(Buffer.alloc(5)));
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

console.log(await (process.env["HTTP2"] === "node" ? serveNode() : serveOwn()));

import * as http2 from "node:http2";
import type { Listener } from "@nodetcd/runtime";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { GrpcServer, type GrpcServerOptions, Services } from "../src/grpc.ts";

export interface TestServer {
  readonly port: number;
  readonly server: GrpcServer;
  readonly services: Services;
  /** A `node:http2` client, closed with the server. */
  session(options?: http2.ClientSessionOptions): http2.ClientHttp2Session;
  close(): Promise<void>;
}

/** Serves on a free port of 127.0.0.1; register methods in `services` at any time. */
export async function serve(options: Partial<GrpcServerOptions> = {}): Promise<TestServer> {
  const services = options.services ?? new Services();
  const server = new GrpcServer({ clock: nodeClock, ...options, services });
  const listener: Listener = await nodeNetwork.listen({
    host: "127.0.0.1",
    port: 0,
    onSocket: (socket) => server.accept(socket),
  });
  const sessions: http2.ClientHttp2Session[] = [];
  return {
    port: listener.port,
    server,
    services,
    session(sessionOptions) {
      const session = http2.connect(`http://127.0.0.1:${listener.port}`, sessionOptions);
      session.on("error", () => undefined);
      sessions.push(session);
      return session;
    },
    async close() {
      for (const session of sessions) session.destroy();
      await server.shutdown(0);
      await listener.close();
    },
  };
}

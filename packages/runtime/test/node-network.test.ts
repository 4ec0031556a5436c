import * as http from "node:http";
import { describe, expect, test } from "vitest";
import type { Http1Handler } from "@nodetcd/runtime";
import { nodeNetwork } from "@nodetcd/runtime/node";

const LOOPBACK = "127.0.0.1";

describe("nodeNetwork", () => {
  test("carries bytes both ways and tells the end and the close", async () => {
    const listener = await nodeNetwork.listen({
      host: LOOPBACK,
      port: 0,
      onSocket: (socket) => {
        socket.onData = (chunk) => void socket.write(Buffer.from(chunk).reverse());
        socket.onEnd = () => socket.end();
      },
    });
    const socket = await nodeNetwork.connect({
      host: LOOPBACK,
      port: listener.port,
      timeoutMs: 1000,
    });
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      socket.onData = (chunk) => {
        events.push(Buffer.from(chunk).toString());
        socket.end();
      };
      socket.onEnd = () => events.push("end");
      socket.onClose = (error) => {
        events.push(`close ${error?.message ?? "clean"}`);
        resolve();
      };
      socket.write(Buffer.from("abc"));
    });
    expect(events).toEqual(["cba", "end", "close clean"]);
    await listener.close();
  });

  test("names the address that is taken or not answering", async () => {
    const listener = await nodeNetwork.listen({
      host: LOOPBACK,
      port: 0,
      onSocket: () => undefined,
    });
    const taken = nodeNetwork.listen({
      host: LOOPBACK,
      port: listener.port,
      onSocket: () => undefined,
    });
    await expect(taken).rejects.toThrow(`Cannot listen on ${LOOPBACK}:${listener.port}`);
    await listener.close();
    const refused = nodeNetwork.connect({ host: LOOPBACK, port: listener.port, timeoutMs: 1000 });
    await expect(refused).rejects.toThrow(`Cannot connect to ${LOOPBACK}:${listener.port}`);
  });
});

describe("serveHttp1()", () => {
  /** Serves `handler` on sockets whose first chunk was read by somebody else before. */
  async function withServer<T>(
    handler: Http1Handler,
    work: (port: number) => Promise<T>,
  ): Promise<T> {
    const server = nodeNetwork.serveHttp1(handler);
    const listener = await nodeNetwork.listen({
      host: LOOPBACK,
      port: 0,
      onSocket: (socket) => {
        socket.onData = (chunk) => server.take(socket, chunk);
      },
    });
    try {
      return await work(listener.port);
    } finally {
      server.close();
      await listener.close();
    }
  }

  function request(port: number, method: string, body: string): Promise<[number, string]> {
    return new Promise((resolve, reject) => {
      const options = { host: LOOPBACK, port, method, path: "/x?y=1", agent: false };
      const call = http.request(options, (reply) => {
        let text = "";
        reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
        reply.on("end", () => resolve([reply.statusCode ?? 0, text]));
      });
      call.on("error", reject);
      call.end(body);
    });
  }

  test("answers with the handler's reply, the body read", async () => {
    const reply = await withServer(
      async (r) => ({
        status: 201,
        headers: { "content-type": "text/plain" },
        body: `${r.method} ${r.url} ${Buffer.from(await r.body(10)).toString()}`,
      }),
      (port) => request(port, "POST", "hello"),
    );
    expect(reply).toEqual([201, "POST /x?y=1 hello"]);
  });

  test("answers 500 when the handler fails", async () => {
    const reply = await withServer(
      () => {
        throw new Error("broken inside");
      },
      (port) => request(port, "GET", ""),
    );
    expect(reply).toEqual([500, "broken inside\n"]);
  });

  test("close() ends a connection that a client keeps alive", async () => {
    const agent = new http.Agent({ keepAlive: true });
    const started = performance.now();
    await withServer(
      () => ({ status: 200, headers: {}, body: "ok" }),
      (port) =>
        new Promise((resolve, reject) => {
          http
            .get({ host: LOOPBACK, port, agent }, (reply) => {
              reply.resume();
              reply.on("end", resolve);
            })
            .on("error", reject);
        }),
    );
    expect(performance.now() - started).toBeLessThan(1000);
    agent.destroy();
  });
});

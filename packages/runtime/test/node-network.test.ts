import * as http from "node:http";
import * as net from "node:net";
import { describe, expect, test, vi } from "vitest";
import type { Http1Handler, Socket } from "@nodetcd/runtime";
import { serveHttp1 } from "../src/node/http1.ts";
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

  test("reads into one buffer on both ends, and lends chunks that stay as they were", async () => {
    const chunks: Uint8Array[] = [];
    const spies: { readonly mock: { readonly calls: readonly unknown[] } }[] = [];
    /** Counts the reads that `net` reports through its `onread`. */
    const watch = (socket: Socket): void => {
      if (!("receive" in socket)) throw new Error("not a socket that reads in place");
      spies.push(vi.spyOn(socket as Socket & { receive(bytes: Buffer): boolean }, "receive"));
    };
    const listener = await nodeNetwork.listen({
      host: LOOPBACK,
      port: 0,
      onSocket: (socket) => {
        watch(socket);
        socket.onData = (chunk) => {
          chunks.push(chunk);
          socket.write(chunk);
        };
        socket.onEnd = () => socket.end();
      },
    });
    const options = { host: LOOPBACK, port: listener.port, timeoutMs: 1000 };
    const socket = await nodeNetwork.connect(options);
    watch(socket);
    await new Promise<void>((resolve) => {
      let echoes = 0;
      socket.onData = (chunk) => {
        chunks.push(chunk);
        if (++echoes < 3) socket.write(Buffer.from(`message ${echoes}`));
        else socket.end();
      };
      socket.onClose = () => resolve();
      socket.write(Buffer.from("message 0"));
    });
    const texts = chunks.map((chunk) => Buffer.from(chunk).toString());
    const sent = ["message 0", "message 1", "message 2"];
    expect(texts).toEqual(sent.flatMap((text) => [text, text]));
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([3, 3]);
    await listener.close();
  });

  test("a listener closes while its connections go on, and holds back a socket that pauses", async () => {
    let server: Socket | undefined;
    const listener = await nodeNetwork.listen({
      host: LOOPBACK,
      port: 0,
      onSocket: (socket) => (server = socket),
    });
    const options = { host: LOOPBACK, port: listener.port, timeoutMs: 1000 };
    const client = await nodeNetwork.connect(options);
    await vi.waitFor(() => expect(server).toBeDefined(), 150_000);
    await listener.close();
    let received = 0;
    server!.onData = (chunk) => (received += chunk.length);
    server!.pause();
    const sent = 8 * 1024 * 1024;
    client.write(new Uint8Array(sent));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toBe(0);
    expect(client.queuedBytes).toBeGreaterThan(0);
    server!.resume();
    await vi.waitFor(() => expect(received).toBe(sent), 150_000);
    const closed = new Promise((resolve) => (server!.onClose = resolve));
    server!.onEnd = () => server!.end();
    client.destroy();
    await closed;
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
    await expect(taken).rejects.toThrow(
      `Cannot listen on ${LOOPBACK}:${listener.port}: address already in use. ` +
        "Stop the process that listens there, or choose another address",
    );
    await listener.close();
    const foreign = nodeNetwork.listen({
      host: "192.0.2.1",
      port: 2379,
      onSocket: () => undefined,
    });
    await expect(foreign).rejects.toThrow(
      "Cannot listen on 192.0.2.1:2379: this machine has no such address. ",
    );
    const refused = nodeNetwork.connect({ host: LOOPBACK, port: listener.port, timeoutMs: 1000 });
    await expect(refused).rejects.toThrow(`Cannot connect to ${LOOPBACK}:${listener.port}`);
  });
});

describe("serveHttp1()", () => {
  /** Serves `handler` on sockets whose first chunk was read by somebody else before. */
  async function withServer<T>(
    handler: Http1Handler,
    work: (port: number) => Promise<T>,
    requestTimeoutMs?: number,
  ): Promise<T> {
    const server = serveHttp1(handler, requestTimeoutMs);
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

  test("answers requests that come at once one after the other, in order, with turns in between", async () => {
    const count = 500;
    let [running, most, asked, turns] = [0, 0, 0, 0];
    const handler: Http1Handler = async ({ url }) => {
      most = Math.max(most, ++running);
      asked++;
      await Promise.resolve();
      running--;
      return { status: 200, headers: {}, body: `<${url}>` };
    };
    const text = await withServer(handler, async (port) => {
      const socket = net.connect(port, LOOPBACK);
      const requests = Array.from(
        { length: count },
        (_, i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`,
      );
      socket.write(requests.join(""));
      let isOver = false;
      const turn = (): void => {
        turns++;
        if (!isOver) setImmediate(turn);
      };
      setImmediate(turn);
      let got = "";
      for await (const chunk of socket) {
        got += String(chunk);
        if (got.endsWith(`</${count - 1}>`)) break;
      }
      isOver = true;
      return got;
    });
    const order = Array.from(text.matchAll(/<\/(\d+)>/g), ([, number]) => Number(number));
    expect(order).toEqual(Array.from({ length: count }, (_, i) => i));
    expect([most, asked]).toEqual([1, count]);
    expect(turns).toBeGreaterThanOrEqual(count - 1);
  });

  test("does not run what is left over of a connection that is gone", async () => {
    let asked = 0;
    const handler: Http1Handler = async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { status: 200, headers: {}, body: "x" };
    };
    await withServer(handler, async (port) => {
      const socket = net.connect(port, LOOPBACK);
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200));
      await expect.poll(() => asked).toBeGreaterThan(0);
      socket.resetAndDestroy();
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    expect(asked).toBeLessThan(10);
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

  test("ends a connection whose request comes byte by byte, before and after an answer", async () => {
    const handler = () => Promise.resolve({ status: 200, headers: {}, body: "x" });
    const slowly = async (port: number, first: string): Promise<number> => {
      const socket = net.connect(port, LOOPBACK).on("error", () => undefined);
      const start = Date.now();
      socket.write(`${first}GET / HTTP/1.1\r\nx: `);
      const drip = setInterval(() => socket.write("y"), 20);
      await new Promise((resolve) => socket.resume().on("close", resolve));
      clearInterval(drip);
      return Date.now() - start;
    };
    await withServer(
      handler,
      async (port) => {
        expect(await slowly(port, "")).toBeLessThan(2_000);
        const whole = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        expect(await slowly(port, whole)).toBeLessThan(2_000);
      },
      200,
    );
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

import * as net from "node:net";
import { nodeNetwork } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { Endpoint } from "../src/listen.ts";

function request(port: number): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

test("Endpoint keeps what sockets sent before serve", async () => {
  const endpoint = await Endpoint.bind(nodeNetwork, "http://127.0.0.1:0", "listen-metrics-urls");
  const reply = request(Number(new URL(endpoint.url).port));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const server = nodeNetwork.serveHttp1(() => ({ status: 200, headers: {}, body: "kept" }));
  endpoint.serveHttp(server);
  expect(await reply).toContain("kept");
  server.close();
  await endpoint.close();
});

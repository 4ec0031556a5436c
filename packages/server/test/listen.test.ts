import * as net from "node:net";
import { nodeNetwork } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { Endpoint } from "../src/listen.ts";
import { parseListenUrl } from "../src/listen-url.ts";

describe("parseListenUrl", () => {
  const parse = (url: string): unknown => parseListenUrl(url, "listen-client-urls");

  test.each([
    ["unix:///run/etcd.sock", "/run/etcd.sock"],
    ["unix:/run/etcd.sock", "/run/etcd.sock"],
    ["unix://localhost:1234", "localhost:1234"],
    ["unix://sub/Name.sock", "sub/Name.sock"],
    ["unix:///a%20b", "/a b"],
  ])("%s is the file %s, as in etcd", (url, path) => {
    expect(parse(url)).toEqual({ kind: "unix", path, isSecure: false });
  });

  test("reads hosts and ports", () => {
    const shownHost = "[::1]";
    expect(parse("http://[::1]:2379")).toEqual({
      kind: "tcp",
      host: "::1",
      port: 2379,
      shownHost,
      isSecure: false,
    });
    expect(parse("http://localhost:80")).toMatchObject({ host: "127.0.0.1", port: 80 });
    expect(parse("https://localhost:443")).toMatchObject({ port: 443, isSecure: true });
    expect(parse("HTTPS://u:p@localhost:443?x")).toMatchObject({ port: 443, isSecure: true });
    expect(parse("http://127.0.0.1:")).toMatchObject({ port: 0 });
    expect(parse("unixs:///a")).toEqual({ kind: "unix", path: "/a", isSecure: true });
  });

  test.each([
    ["unix:name", "BAD_CONFIG"],
    ["unix://", "BAD_CONFIG"],
    ["unix:///a?b", "BAD_CONFIG"],
    ["unix:///a%2", "BAD_CONFIG"],
    ["ftp://a:1", "BAD_CONFIG"],
    ["http://a", "BAD_CONFIG"],
    ["nothing", "BAD_CONFIG"],
  ])("refuses %s with %s", (url, code) => {
    expect(() => parse(url)).toThrow(expect.objectContaining({ code }));
  });
});

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
  const endpoint = await Endpoint.bind(nodeNetwork, {
    urls: ["http://127.0.0.1:0"],
    option: "listen-metrics-urls",
  });
  const reply = request(Number(new URL(endpoint.urls[0]!).port));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const server = nodeNetwork.serveHttp1(() => ({ status: 200, headers: {}, body: "kept" }));
  endpoint.serveHttp(server);
  expect(await reply).toContain("kept");
  server.close();
  await endpoint.close();
});

import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { PutResponse } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { Client } from "../src/client.ts";

const { NGHTTP2_REFUSED_STREAM } = http2.constants;

/** A server that answers every call, but the first Put with what `refuse` does to it. */
async function serve(refuse: (stream: http2.ServerHttp2Stream) => void): Promise<{
  readonly endpoint: string;
  readonly puts: () => number;
  close(): void;
}> {
  let puts = 0;
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer();
  server.on("session", (session) => void sessions.add(session));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    const isPut = headers[":path"] === "/etcdserverpb.KV/Put";
    if (isPut && puts++ === 0) return refuse(stream);
    const reply = PutResponse.encode({ header: { revision: 7 } });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(reply.length, 1);
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(Buffer.concat([prefix, reply]));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    puts: () => puts,
    close: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

test.each<[string, (stream: http2.ServerHttp2Stream) => void]>([
  ["is behind the last one of a GOAWAY", (stream) => stream.session!.goaway(0, 1)],
  ["is reset with REFUSED_STREAM", (stream) => stream.close(NGHTTP2_REFUSED_STREAM)],
])(
  "a write that %s was not taken up (RFC 9113 section 8.7) and is tried again",
  async (_how, refuse) => {
    const server = await serve(refuse);
    const client = new Client({ runtime: nodeRuntime, endpoints: server.endpoint });
    // Stream 1; the write is stream 3.
    await client.get("a");
    expect((await client.put("a", "1")).revision).toBe(7);
    expect(server.puts()).toBe(2);
    client.close();
    server.close();
  },
);

test("a write whose connection is cut may have happened, and is not tried again", async () => {
  const server = await serve((stream) => stream.session!.destroy());
  const client = new Client({ runtime: nodeRuntime, endpoints: server.endpoint });
  await expect(client.put("a", "1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(server.puts()).toBe(1);
  client.close();
  server.close();
});

import { Channel, type ClientStream } from "@nodetcd/grpc";
import { LeaseKeepAliveRequest, WatchRequest, WatchResponse } from "@nodetcd/messages";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { bytes, dispose, startTestMember } from "./support/member.ts";

const FREE_PORT = "http://127.0.0.1:0";

/** What keeps this process alive, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe("startMember() and stop()", () => {
  test("ten members in one process, one after the other, leave nothing behind", async () => {
    const use = async (): Promise<void> => {
      const member = await startTestMember({ listenClientUrls: [FREE_PORT] });
      const watch = member.stream("etcdserverpb.Watch/Watch", WatchResponse);
      watch.send(WatchRequest.encode({ createRequest: { key: bytes("a") } }));
      await watch.next();
      const { id } = await member.grant(60);
      await member.put("a", "1", { lease: id });
      await member.compact(1);
      await fetch(`${member.member.clientUrls[0]}/health`, { headers: { connection: "close" } });
      await dispose(member);
    };
    await use();
    const before = resources();
    for (let i = 0; i < 9; i++) await use();
    const after = resources();
    for (const [kind, count] of Object.entries(after)) {
      expect(count, kind).toBeLessThanOrEqual((before[kind] ?? 0) + 1);
    }
  });

  test("stop() twice is one stop; calls afterwards are refused", async () => {
    const member = await startTestMember();
    await Promise.all([member.member.stop(), member.member.stop()]);
    await expect(member.put("a", "1")).rejects.toMatchObject({
      message: "etcdserver: server stopped",
    });
    await dispose(member);
  });

  test("stop() refuses connections at once, and does not take them to cut them", async () => {
    const member = await startTestMember({ listenClientUrls: [FREE_PORT] });
    const port = Number(new URL(member.member.clientUrls[0] ?? "").port);
    const stopped = member.member.stop();
    await new Promise((resolve) => setImmediate(resolve));
    await expect(nodeNetwork.connect({ host: "127.0.0.1", port, timeoutMs: 1000 })).rejects.toThrow(
      "ECONNREFUSED",
    );
    await stopped;
    await dispose(member);
  });

  test("stop() does not wait for streams that go on for ever", async () => {
    const member = await startTestMember({ listenClientUrls: [FREE_PORT] });
    const port = Number(new URL(member.member.clientUrls[0] ?? "").port);
    const channel = new Channel({
      network: nodeNetwork,
      clock: nodeClock,
      host: "127.0.0.1",
      port,
    });
    const ends: Promise<{ code: number; message: string }>[] = [];
    const opened: Promise<void>[] = [];
    const open = (path: string, request: Uint8Array): ClientStream => {
      const stream = channel.stream(path);
      ends.push(new Promise((resolve) => (stream.onEnd = resolve)));
      opened.push(new Promise((resolve) => (stream.onMessage = () => resolve())));
      stream.send(request);
      return stream;
    };
    open("/etcdserverpb.Watch/Watch", WatchRequest.encode({ createRequest: { key: bytes("a") } }));
    open("/etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveRequest.encode({ id: 1n }));
    open("/grpc.health.v1.Health/Watch", new Uint8Array(0)).halfClose();
    await Promise.all(opened);
    const start = performance.now();
    const stopped = member.member.stop();
    // The client does not know yet.
    open("/etcdserverpb.Watch/Watch", WatchRequest.encode({ createRequest: { key: bytes("b") } }));
    await stopped;
    expect(performance.now() - start).toBeLessThan(400);
    for (const end of await Promise.all(ends)) {
      expect(end).toMatchObject({ code: 14, message: "etcdserver: server stopped" });
    }
    channel.close();
    await dispose(member);
  });

  test("two members in one process do not know of each other", async () => {
    const [one, two] = [await startTestMember(), await startTestMember({ name: "default" })];
    await one.put("a", "1");
    expect((await two.range("a")).count).toBe(0);
    expect(one.member.id).toBe(two.member.id);
    await Promise.all([dispose(one), dispose(two)]);
  });

  test("requests in crowds are all answered, once, in revisions without gaps", async () => {
    const member = await startTestMember();
    const replies = await Promise.all(
      Array.from({ length: 3_000 }, (_, i) => member.put(`key-${i % 50}`, String(i))),
    );
    const revisions = replies.map((reply) => reply.header?.revision ?? 0).sort((a, b) => a - b);
    expect(revisions).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 2));
    expect(member.member.status()).toMatchObject({ revision: 3_001, leader: member.member.id });
    await dispose(member);
  });
});

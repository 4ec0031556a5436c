import type { Clock } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../src/balancer.ts";
import { Balancer } from "../src/balancer.ts";
import { parseEndpoint } from "../src/endpoint-url.ts";
import { EtcdError, errorOfCancelledWatch, errorOfStatus } from "../src/errors.ts";
import { keyRange } from "../src/key-range.ts";
import { mayRetry, retryPolicy, retryWait } from "../src/retry.ts";
import { WatchQueue } from "../src/watch-queue.ts";

const fake = (address: string): Endpoint => ({
  address,
  restsUntil: 0,
  transport: {
    unary: () => Promise.reject(new Error("not used")),
    stream: () => {
      throw new Error("not used");
    },
    close: () => undefined,
  },
});

describe("parseEndpoint", () => {
  it.each([
    ["http://127.0.0.1:1234", "127.0.0.1", 1_234],
    ["127.0.0.1:1234", "127.0.0.1", 1_234],
    ["example.com", "example.com", 2_379],
    ["http://[::1]:5/", "::1", 5],
  ])("reads %s", (text, host, port) => {
    expect(parseEndpoint(text)).toEqual({ host, port });
  });

  // As etcd's client reads them, and our listen URLs.
  it.each([
    ["unix:///run/etcd.sock", "/run/etcd.sock"],
    ["unix:///run/a%20b", "/run/a b"],
    ["unix://localhost:2379", "localhost:2379"],
    ["unix://run/etcd.sock", "run/etcd.sock"],
    ["unix:etcd.sock", "etcd.sock"],
    ["unix:/run/etcd.sock", "/run/etcd.sock"],
  ])("reads %s", (text, path) => {
    expect(parseEndpoint(text)).toEqual({ path });
  });

  it.each(["unix:", "unix://", "unix:///a?b", "unix:///a%x", "unixs:///run/etcd.sock"])(
    "refuses %j",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(EtcdError);
    },
  );

  it.each(["", "https://a:1", "http://a:99999", "http://a:1/path", "a:b"])("refuses %j", (text) => {
    expect(() => parseEndpoint(text)).toThrow(EtcdError);
  });
});

describe("Balancer", () => {
  it("takes turns, and asks a failed endpoint last until it has rested", () => {
    let now = 0;
    const clock: Clock = { ...nodeClock, monotonic: () => now };
    const [a, b, c] = [fake("a"), fake("b"), fake("c")];
    const balancer = new Balancer([a, b, c], clock);
    const picks = (count: number): string =>
      Array.from({ length: count }, () => balancer.pick().address).join("");
    expect(picks(4)).toBe("abca");
    balancer.failed(b);
    expect(picks(4)).not.toContain("b");
    balancer.failed(a);
    balancer.failed(c);
    expect(picks(3)).not.toBe("");
    now = 10_000;
    expect(picks(3).split("").sort().join("")).toBe("abc");
  });
});

describe("Balancer.pick()", () => {
  it("takes the endpoint that has rested longest when all could not be reached", () => {
    let now = 0;
    const clock: Clock = { ...nodeClock, monotonic: () => now };
    const endpoints = [fake("a"), fake("b"), fake("c")];
    const balancer = new Balancer(endpoints, clock);
    for (const endpoint of [endpoints[1]!, endpoints[2]!, endpoints[0]!]) {
      balancer.failed(endpoint);
      now += 10;
    }
    expect([balancer.pick(), balancer.pick()].map(({ address }) => address)).toEqual(["b", "b"]);
  });
});

describe("mayRetry", () => {
  const error = errorOfStatus(14, "etcdserver: no leader");
  it("tries reads again when a server is unavailable, writes only if never taken up", () => {
    expect(mayRetry(error, "read", false)).toBe(true);
    expect(mayRetry(error, "write", false)).toBe(false);
    expect(mayRetry(error, "write", true)).toBe(true);
    expect(mayRetry(errorOfStatus(11, "x"), "read", false)).toBe(false);
  });

  it("waits only after a whole round, doubling up to the bound", () => {
    const random = { below: () => 100, uint64: () => 0n, bytes: () => new Uint8Array(0) };
    const waits = [1, 2, 3, 4, 6, 30].map((n) => retryWait(retryPolicy(), n, 2, random));
    expect(waits).toEqual([0, 25, 0, 50, 100, 1_000]);
  });
});

describe("errors", () => {
  it("map etcd's texts, with and without its prefix, and reasons of cancelled watches", () => {
    expect(errorOfStatus(5, "etcdserver: requested lease not found").code).toBe("LEASE_NOT_FOUND");
    expect(errorOfStatus(2, "toString").code).toBe("UNKNOWN");
    const denied = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
    expect(errorOfCancelledWatch(denied, 0).code).toBe("PERMISSION_DENIED");
    expect(errorOfCancelledWatch("", 7)).toMatchObject({ code: "COMPACTED", compactRevision: 7 });
    expect(errorOfCancelledWatch("", 0).code).toBe("WATCH_CANCELED");
  });
});

describe("keyRange", () => {
  it("turns selections into etcd's range ends", () => {
    const bytes = (key: string, selection: Parameters<typeof keyRange>[1]): number[][] => {
      const { key: from, rangeEnd } = keyRange(key, selection);
      return [[...from], [...rangeEnd]];
    };
    expect(bytes("a", {})).toEqual([[97], []]);
    expect(bytes("a", { prefix: true })).toEqual([[97], [98]]);
    expect(bytes("", { prefix: true })).toEqual([[0], [0]]);
    expect(bytes("a", { fromKey: true })).toEqual([[97], [0]]);
    expect(bytes("a", { end: "c" })).toEqual([[97], [99]]);
  });
});

describe("WatchQueue", () => {
  const event = (name: string) => ({ type: "put", name }) as never;

  it("serves single events and batches in order, to those who came first", async () => {
    const queue = new WatchQueue();
    const early = [queue.event(), queue.event()];
    queue.push({ revision: 1, events: [event("a"), event("b"), event("c"), event("d")] });
    expect(await Promise.all(early)).toEqual([event("a"), event("b")]);
    expect(queue.length).toBe(2);
    expect((await queue.batch())?.events).toEqual([event("c"), event("d")]);
    expect(queue.length).toBe(0);
  });

  it("gives out what waits, then the error once, then the end", async () => {
    const queue = new WatchQueue();
    queue.push({ revision: 1, events: [event("a")] });
    queue.end(new Error("broken"));
    queue.push({ revision: 2, events: [event("late")] });
    expect(await queue.event()).toEqual(event("a"));
    await expect(queue.event()).rejects.toThrow("broken");
    expect(await queue.event()).toBeUndefined();
  });
});

import type { Clock } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";
import { describe, expect, it } from "vitest";
import { Balancer } from "../src/balancer.ts";
import { type Endpoint, newEndpoint } from "../src/endpoint.ts";
import { parseEndpoint } from "../src/endpoint-url.ts";
import { EtcdError, errorOfCancelledWatch, errorOfStatus } from "../src/errors.ts";
import { keyRange } from "../src/key-range.ts";
import { mayRetry, retryPolicy, retryWait } from "../src/retry.ts";
import { WatchQueue } from "../src/watch-queue.ts";

const closed: string[] = [];
const fake = (address: string): Endpoint =>
  newEndpoint(address, {
    unary: () => Promise.reject(new Error("not used")),
    stream: () => {
      throw new Error("not used");
    },
    close: () => closed.push(address),
  });

describe("parseEndpoint", () => {
  it.each([
    ["http://127.0.0.1:1234", "127.0.0.1", 1_234],
    ["127.0.0.1:1234", "127.0.0.1", 1_234],
    ["example.com", "example.com", 2_379],
    ["http://[::1]:5/", "::1", 5],
  ])("reads %s", (text, host, port) => {
    expect(parseEndpoint(text).address).toEqual({ host, port });
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
    expect(parseEndpoint(text).address).toEqual({ path });
  });

  it.each(["unix:", "unix://", "unix:///a?b", "unix:///a%x", "unixs:"])("refuses %j", (text) => {
    expect(() => parseEndpoint(text)).toThrow(EtcdError);
  });

  it.each(["", "ftp://a:1", "http://a:99999", "http://a:1/path", "a:b"])("refuses %j", (text) => {
    expect(() => parseEndpoint(text)).toThrow(EtcdError);
  });
});

describe("parseEndpoint", () => {
  it.each([
    ["https://a:1", true],
    ["unixs:///run/etcd.sock", true],
    ["http://a:1", false],
    ["a:1", undefined],
    ["unix:///run/etcd.sock", undefined],
  ])("knows of %s that TLS is %s", (text, isSecure) => {
    expect(parseEndpoint(text).isSecure).toBe(isSecure);
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

describe("Balancer.probe", () => {
  it("is asked once a rest is over; until it has reached the endpoint no call goes there", () => {
    let now = 0;
    const clock: Clock = { ...nodeClock, monotonic: () => now };
    const [a, b] = [fake("a"), fake("b")];
    const balancer = new Balancer([a, b], clock);
    const probed: string[] = [];
    balancer.probe = ({ address }) => probed.push(address);
    const picks = (): string => [1, 2, 3].map(() => balancer.pick().address).join("");
    balancer.failed(b);
    expect(picks()).toBe("aaa");
    expect(probed).toEqual([]);
    now = 3_000;
    expect(picks()).toBe("aaa");
    expect(probed).toEqual(["b"]);
    balancer.failed(b);
    now = 8_999;
    expect(picks()).toBe("aaa");
    expect(probed).toEqual(["b"]);
    now = 9_000;
    expect(picks()).toBe("aaa");
    expect(probed).toEqual(["b", "b"]);
    balancer.reached(b);
    expect(picks()).toContain("b");
  });
});

describe("Balancer.replace()", () => {
  it("keeps what stays, connects what is new, and closes what is gone", () => {
    const balancer = new Balancer([fake("a"), fake("b")], nodeClock);
    const kept = balancer.named("a");
    closed.length = 0;
    balancer.replace(["a", "c", "c"], fake);
    expect(balancer.addresses).toEqual(["a", "c"]);
    expect(balancer.named("a")).toBe(kept);
    expect(closed).toEqual(["b"]);
    expect(() => balancer.replace([], fake)).toThrow("Give at least one endpoint");
  });
});

describe("mayRetry", () => {
  const error = errorOfStatus(14, "etcdserver: no leader");
  it("tries reads again when a server is unavailable, writes only if never taken up", () => {
    const how = { neverTaken: false, endpoints: 1 };
    expect(mayRetry(error, "repeatable", how)).toBe(true);
    expect(mayRetry(error, "once", how)).toBe(false);
    expect(mayRetry(error, "once", { ...how, neverTaken: true })).toBe(true);
    expect(mayRetry(errorOfStatus(11, "x"), "repeatable", how)).toBe(false);
  });

  it("repeats what is repeatable when the server itself gave up, and anything refused by a learner", () => {
    const how = { neverTaken: false, endpoints: 2 };
    for (const status of [1, 4] as const) {
      expect(mayRetry(errorOfStatus(status, "x"), "repeatable", how)).toBe(true);
      expect(mayRetry(errorOfStatus(status, "x"), "once", how)).toBe(false);
    }
    const learner = errorOfStatus(9, "etcdserver: rpc not supported for learner");
    expect(mayRetry(learner, "once", how)).toBe(true);
    expect(mayRetry(learner, "once", { ...how, endpoints: 1 })).toBe(false);
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

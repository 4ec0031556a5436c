import { type ClientStream, EMPTY_METADATA, Status, type Transport } from "@nodetcd/grpc";
import { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from "@nodetcd/messages";
import { type Clock, silentLogger } from "@nodetcd/runtime";
import { nodeRandom } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { Balancer } from "../src/balancer.ts";
import { Connection } from "../src/connection.ts";
import { newEndpoint } from "../src/endpoint.ts";
import { LeaseKeeper } from "../src/lease-keeper.ts";
import { retryPolicy } from "../src/retry.ts";

/** A clock that stands until it is advanced, and counts the timers that were set. */
class ManualClock implements Clock {
  now = 0;
  timersSet = 0;
  readonly #timers = new Set<{ due: number; callback: () => void }>();
  monotonic = (): number => this.now;
  wallTime = (): number => this.now;
  defer = (callback: () => void): void => void setImmediate(callback);
  yield = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  setTimer(delayMs: number, callback: () => void): { cancel(): void } {
    this.timersSet++;
    const timer = { due: this.now + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
  setRepeating(): never {
    throw new Error("Nobody repeats here");
  }
  async advance(ms: number): Promise<void> {
    for (const end = this.now + ms; ;) {
      const next = [...this.#timers].sort((a, b) => a.due - b.due)[0];
      this.now = Math.min(end, next?.due ?? end);
      if (next === undefined || next.due > end) break;
      this.#timers.delete(next);
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A server of which only the keep-alive stream is there; answers when told to. */
class FakeServer implements Transport {
  readonly asked: bigint[] = [];
  opened: ClientStream | undefined;

  stream(): ClientStream {
    const ignore = (): void => undefined;
    this.opened = {
      send: (message) => this.asked.push(LeaseKeepAliveRequest.decode(message).id) > 0,
      halfClose: ignore,
      cancel: ignore,
      pause: ignore,
      resume: ignore,
      onMessage: ignore,
      onDrain: ignore,
      onEnd: ignore,
    };
    return this.opened;
  }

  answer(id: bigint, ttl: number): void {
    this.opened?.onMessage(LeaseKeepAliveResponse.encode({ id, ttl }));
  }

  breakStream(): void {
    const code = Status.UNAVAILABLE;
    this.opened?.onEnd({ code, message: "gone", trailers: EMPTY_METADATA });
  }

  unary = (): never => {
    throw new Error("Nobody calls here");
  };
  close = (): void => undefined;
}

function keeper(): { leases: LeaseKeeper; clock: ManualClock; server: FakeServer } {
  const clock = new ManualClock();
  const server = new FakeServer();
  const endpoint = newEndpoint("local", server);
  const connection = new Connection({
    balancer: new Balancer([endpoint], clock),
    clock,
    random: nodeRandom,
    logger: silentLogger,
    timeoutMs: 1000,
    retry: retryPolicy(),
    onCall: undefined,
    connectTo: undefined,
    credentials: undefined,
  });
  return { leases: new LeaseKeeper(connection), clock, server };
}

describe("LeaseKeeper", () => {
  test("keep() renews at once, and then a third of the TTL after each renewal was sent", async () => {
    const { leases, clock, server } = keeper();
    const lost = leases.keep(1n, 9);
    await clock.advance(0);
    expect(server.asked).toEqual([1n]);
    await clock.advance(1000);
    server.answer(1n, 9);
    await clock.advance(1999);
    expect(server.asked).toHaveLength(1);
    await clock.advance(1);
    expect(server.asked).toHaveLength(2);
    expect(lost.aborted).toBe(false);
  });

  test("a lease is lost when its TTL has passed since the renewal that was answered was sent", async () => {
    const { leases, clock, server } = keeper();
    const lost = leases.keep(1n, 9);
    await clock.advance(2000);
    server.answer(1n, 9);
    await clock.advance(6999);
    expect(lost.aborted).toBe(false);
    await clock.advance(1);
    expect(lost.reason).toMatchObject({ code: "LEASE_LOST" });
  });

  test("an answer on a new stream is not taken for one that the broken stream owed", async () => {
    const { leases, clock, server } = keeper();
    const lost = leases.keep(1n, 9);
    await clock.advance(0);
    server.breakStream();
    await clock.advance(500);
    expect(server.asked).toHaveLength(2);
    server.answer(1n, 9);
    await clock.advance(8999);
    expect(lost.aborted).toBe(false);
    await clock.advance(1);
    expect(lost.aborted).toBe(true);
  });

  test("two thousand leases set few timers, and each is renewed on its own time", async () => {
    const { leases, clock, server } = keeper();
    const ids = Array.from({ length: 2000 }, (_, i) => BigInt(i + 1));
    for (const id of ids) leases.keep(id, 9);
    await clock.advance(0);
    expect(server.asked).toEqual(ids);
    for (const id of ids) server.answer(id, 9);
    await clock.advance(2999);
    expect(server.asked).toHaveLength(2000);
    await clock.advance(1);
    expect(server.asked).toHaveLength(4000);
    expect(clock.timersSet).toBeLessThan(20);
    for (const id of ids) leases.release(id);
    await clock.advance(60_000);
    expect(server.asked).toHaveLength(4000);
  });
});

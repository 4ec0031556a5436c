import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Etcd, startEtcd } from "../../nodetcd/src/nodetcd.ts";
import { VirtualClock } from "../../simulator/src/simulator.ts";
import {
  COMPACT_KEY,
  type Compactor,
  compactOnce,
  CompactorError,
  CompactorRegistry,
  type CompactorOptions,
  type Round,
  startCompactor,
} from "../src/compactor.ts";

const INTERVAL_MS = 300_000;
let etcd: Etcd;
let client: Client;
let clock: VirtualClock;
let alive: Compactor[];

beforeAll(async () => {
  etcd = await startEtcd();
  client = etcd.client;
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  await client.delete(COMPACT_KEY);
  clock = new VirtualClock();
  alive = [];
});

const compactRevision = async (): Promise<number> =>
  (await client.maintenance.hashKv()).compactRevision;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets time pass, waiting for the rounds that fall due: a compactor between rounds has one timer. */
async function pass(ms: number, idle = (): number => alive.length): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.advance(Math.min(left, 1_000));
    for (let i = 0; clock.pendingTimers < idle(); i++) {
      if (i > 10_000) throw new Error("a round does not end");
      await sleep(0);
    }
  }
}

function start(options: Partial<CompactorOptions> = {}): { compactor: Compactor; rounds: Round[] } {
  const rounds: Round[] = [];
  const compactor = startCompactor({
    client,
    clock,
    intervalMs: INTERVAL_MS,
    registry: new CompactorRegistry(),
    onRound: (round) => rounds.push(round),
    ...options,
  });
  alive.push(compactor);
  return { compactor, rounds };
}

async function stopAll(): Promise<void> {
  await Promise.all(alive.map((compactor) => compactor.stop()));
}

const outcomes = (rounds: readonly Round[]): string =>
  rounds.map(({ outcome }) => outcome).join(" ");

describe("startCompactor()", () => {
  test("compacts nothing on bootstrap, then each interval at what the round before remembered", async () => {
    const before = await compactRevision();
    const { rounds, compactor } = start();
    await client.put("a", "1");
    await pass(INTERVAL_MS - 1_000);
    expect(rounds).toEqual([]);
    await pass(1_000);
    expect(outcomes(rounds)).toBe("bootstrap");
    expect(await compactRevision()).toBe(before);
    expect((await client.get(COMPACT_KEY))?.text()).toBe("0");
    const remembered = rounds[0]!.memory.revision;
    expect(remembered).toBe((await client.get(COMPACT_KEY))?.modRevision);
    await client.put("a", "2");
    await pass(INTERVAL_MS);
    expect(outcomes(rounds)).toBe("bootstrap compacted");
    expect(await compactRevision()).toBe(remembered);
    expect(await client.get(COMPACT_KEY)).toMatchObject({ version: 2 });
    expect((await client.get(COMPACT_KEY))?.text()).toBe(String(remembered));
    expect(compactor.metrics.text()).toContain(
      `nodetcd_compactor_compacted_revision ${remembered}\n`,
    );
    expect(compactor.metrics.text()).toContain('rounds_total{outcome="compacted"} 1\n');
    await stopAll();
  });

  test("three compact once an interval together, and keep history for one to two intervals", async () => {
    const step = INTERVAL_MS / 10;
    const written: { revision: number; at: number }[] = [];
    const compactions: number[] = [];
    let last = await compactRevision();
    const trios: Round[][] = [];
    for (let i = 0; i < 3; i++) {
      trios.push(start().rounds);
      await pass(INTERVAL_MS / 3 + i * 7_000);
    }
    for (let i = 0; i < 120; i++) {
      await pass(step);
      const { revision } = await client.put("clock", String(i));
      written.push({ revision, at: clock.monotonic() });
      const now = await compactRevision();
      if (now === last) continue;
      expect(now).toBeGreaterThan(last);
      last = now;
      compactions.push(clock.monotonic());
      const kept = written.find((one) => one.revision >= now);
      const age = clock.monotonic() - kept!.at;
      if (compactions.length < 2) continue;
      expect(age).toBeGreaterThanOrEqual(INTERVAL_MS - 2 * step);
      expect(age).toBeLessThanOrEqual(2 * INTERVAL_MS + 2 * step);
    }
    const gaps = compactions.slice(1).map((at, i) => at - compactions[i]!);
    for (const gap of gaps) expect(Math.abs(gap - INTERVAL_MS)).toBeLessThanOrEqual(step);
    expect(compactions.length).toBeGreaterThanOrEqual(10);
    const all = trios.flat();
    expect(all.filter(({ outcome }) => outcome === "compacted")).toHaveLength(compactions.length);
    expect(all.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    await stopAll();
  });

  test("when the winner dies another takes over later than one interval and before two", async () => {
    const rounds: Round[][] = [];
    for (let i = 0; i < 3; i++) {
      rounds.push(start().rounds);
      await pass(INTERVAL_MS / 4);
    }
    await pass(4 * INTERVAL_MS);
    const winner = rounds.findIndex((one) => one.at(-1)!.outcome === "compacted");
    expect(rounds.filter((one) => one.some(({ outcome }) => outcome === "compacted"))).toHaveLength(
      1,
    );
    // Dies right after it has won: the longest time until somebody notices.
    const wins = rounds[winner]!.length;
    while (rounds[winner]!.length === wins) await pass(1_000);
    const diedAt = clock.monotonic();
    await alive.splice(winner, 1)[0]!.stop();
    rounds.splice(winner, 1);
    const before = await compactRevision();
    while ((await compactRevision()) === before) {
      await pass(5_000);
      expect(clock.monotonic() - diedAt).toBeLessThan(3 * INTERVAL_MS);
    }
    expect(clock.monotonic() - diedAt).toBeGreaterThan(INTERVAL_MS);
    expect(clock.monotonic() - diedAt).toBeLessThan(2 * INTERVAL_MS);
    await stopAll();
  });

  test("a failed round is logged as an error, and the next one goes on", async () => {
    const lines: string[] = [];
    const log = (level: string) => (message: string, fields?: object) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    const far = await startEtcd();
    const remote = new Client({
      runtime: nodeRuntime,
      endpoints: far.endpoint,
      retry: { maxAttempts: 1 },
    });
    const logger = {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    };
    const { rounds } = start({ client: remote, logger });
    await pass(2 * INTERVAL_MS);
    await far.stop();
    await pass(2 * INTERVAL_MS);
    expect(outcomes(rounds)).toBe("bootstrap compacted failed failed");
    expect(rounds[3]!.memory).toEqual(rounds[1]!.memory);
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain("info compacted: this compactor won the round");
    expect(lines[2]).toMatch(/^error round failed, the next one goes on .*"error":/);
    await stopAll();
    remote.close();
  });

  test("stop() ends a round that is under way at once", async () => {
    const never = new Client({ runtime: nodeRuntime, transport: silentTransport() });
    const { compactor, rounds } = start({ client: never });
    clock.advance(INTERVAL_MS);
    await sleep(1);
    await compactor.stop();
    expect(rounds).toEqual([]);
    expect(compactor.running).toBe(false);
    expect(clock.pendingTimers).toBe(0);
    never.close();
  });

  test("a second one for an endpoint already served does nothing, until the first has stopped", async () => {
    const registry = new CompactorRegistry();
    const clients = ["127.0.0.1:1,127.0.0.1:2", "127.0.0.1:3,127.0.0.1:2", "127.0.0.1:4"].map(
      (endpoints) => new Client({ runtime: nodeRuntime, endpoints: endpoints.split(",") }),
    );
    const lines: string[] = [];
    const logger = { info: (line: string) => lines.push(line) } as never;
    const first = startCompactor({ client: clients[0]!, clock, registry, logger });
    const second = startCompactor({ client: clients[1]!, clock, registry, logger });
    const other = startCompactor({ client: clients[2]!, clock, registry, logger });
    expect([first.running, second.running, other.running]).toEqual([true, false, true]);
    expect(lines).toEqual([expect.stringContaining("serves this cluster already")]);
    await second.stop();
    await first.stop();
    const third = startCompactor({ client: clients[1]!, clock, registry, logger });
    await first.stop();
    expect(third.running).toBe(true);
    expect(startCompactor({ client: clients[0]!, clock, registry, logger }).running).toBe(false);
    await Promise.all([third.stop(), other.stop()]);
    for (const one of clients) one.close();
  });

  test("with dryRun it says what it would do, and writes nothing", async () => {
    const { rounds } = start({ dryRun: true });
    await pass(2 * INTERVAL_MS);
    expect(outcomes(rounds)).toBe("bootstrap compacted");
    expect(rounds[1]!.compactedRevision).toBe(rounds[0]!.memory.revision);
    expect(await client.get(COMPACT_KEY)).toBeUndefined();
    expect(await compactRevision()).toBeLessThan(rounds[1]!.compactedRevision);
    await stopAll();
  });

  test.each([{ intervalMs: 0 }, { intervalMs: Number.NaN }, { pinLimitMs: -1 }])(
    "refuses %j",
    (options) => {
      expect(() => startCompactor({ client, clock, ...options })).toThrow(CompactorError);
    },
  );
});

describe("pins", () => {
  const pin = (revision: number, name = "1"): Promise<unknown> =>
    client.put(`nodetcd/pins/${name}`, JSON.stringify({ revision, reason: "backup" }));

  test("hold the revision back, until they are gone", async () => {
    const { revision: pinned } = await client.put("a", "pinned");
    await client.put("a", "later");
    await pin(pinned);
    const { rounds } = start();
    await pass(3 * INTERVAL_MS);
    expect(outcomes(rounds)).toBe("bootstrap compacted pinned");
    expect(await compactRevision()).toBe(pinned);
    expect((await client.get("a", { revision: pinned }))?.text()).toBe("pinned");
    expect((await client.get(COMPACT_KEY))?.text()).toBe(String(pinned));
    expect(rounds[2]!.pin).toMatchObject({ revision: pinned, reason: "backup" });
    await client.delete("nodetcd/pins/1");
    await pass(INTERVAL_MS);
    expect(await compactRevision()).toBe(rounds[2]!.memory.revision);
    await stopAll();
  });

  test("are respected for the limit only, and what is none is passed over", async () => {
    const { revision: pinned } = await client.put("a", "pinned");
    await client.put("nodetcd/pins/0", "no pin");
    await pin(pinned);
    const { rounds } = start({ pinLimitMs: 2.5 * INTERVAL_MS });
    await pass(4 * INTERVAL_MS);
    expect(outcomes(rounds)).toBe("bootstrap compacted pinned pinned");
    await pass(INTERVAL_MS);
    expect(rounds.at(-1)).toMatchObject({ outcome: "compacted" });
    expect(rounds.at(-1)!.pin).toBeUndefined();
    await client.delete("nodetcd/pins/", { prefix: true });
    await stopAll();
  });
});

describe("compactOnce()", () => {
  test("goes on where the last round of any compactor left off", async () => {
    const once = (): Promise<Round> => compactOnce({ client, clock });
    const first = await once();
    expect(first.outcome).toBe("bootstrap");
    await client.put("a", "1");
    const second = await once();
    expect(second).toMatchObject({
      outcome: "compacted",
      compactedRevision: first.memory.revision,
    });
    expect(await compactRevision()).toBe(first.memory.revision);
    expect((await once()).compactedRevision).toBe(second.memory.revision);
  });
});

/** A server that never answers. */
function silentTransport(): NonNullable<
  NonNullable<ConstructorParameters<typeof Client>[0]>["transport"]
> {
  return {
    unary: (_path, _request, options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      }),
    stream: () => {
      throw new Error("not used");
    },
    close: () => undefined,
  };
}

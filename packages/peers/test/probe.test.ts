import { VirtualClock } from "@nodetcd/simulator";
import type { Logger, Runtime } from "@nodetcd/runtime";
import { nodeDisk } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { Transport } from "../src/peers.ts";
import { HeartbeatDelay } from "../src/heartbeat-delay.ts";
import { MemoryNetwork } from "./support/memory-network.ts";
import { type LogLine, recordingLogger } from "./support/stub-member.ts";

interface Pair {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly one: Transport;
  readonly lines: LogLine[];
  pass(ms: number): Promise<void>;
}

/** Two transports in one process on a virtual clock; the second one's wall clock is off by so much. */
async function pair(otherClockOffMs = 0): Promise<Pair> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const off = Object.create(clock) as VirtualClock;
  Object.defineProperty(off, "wallTime", { value: () => clock.wallTime() + otherClockOffMs });
  for (const name of ["monotonic", "setTimer", "setRepeating", "defer", "yield"] as const) {
    Object.defineProperty(off, name, { value: clock[name].bind(clock) });
  }
  const make = (
    id: bigint,
    runtime: Pick<Runtime, "clock" | "disk" | "network">,
    logger: Logger,
  ): Transport =>
    new Transport({
      runtime,
      logger,
      memberId: id,
      clusterId: 0xcn,
      peerUrls: [`http://m${id}:${id}`],
      snapshotDirectory: "/nowhere",
      electionTimeoutMs: 1000,
      heartbeatIntervalMs: 100,
      handler: {
        process: () => undefined,
        reportUnreachable: () => undefined,
        reportSnapshot: () => undefined,
        isRemoved: () => false,
        receiveSnapshot: () => Promise.resolve(),
        onRemoved: () => undefined,
      },
    });
  const logger = recordingLogger();
  const one = make(1n, { clock, disk: nodeDisk, network }, logger);
  const two = make(2n, { clock: off, disk: nodeDisk, network }, recordingLogger());
  await network.listen({ host: "", port: 1, onSocket: (socket) => one.serve(socket) });
  await network.listen({ host: "", port: 2, onSocket: (socket) => two.serve(socket) });
  one.addPeer(2n, ["http://m2:2"]);
  two.addPeer(1n, ["http://m1:1"]);
  return { clock, network, one, lines: logger.lines, pass: (ms) => clock.advanceAsync(ms, 1) };
}

const named = (lines: LogLine[], text: string) => lines.filter(({ message }) => message === text);

test("Transport: two in one process, on a virtual clock and a network in memory", async () => {
  const { one, pass, network, lines } = await pair();
  await pass(50);
  expect(one.activeSince(2n)).toBeDefined();
  expect(named(lines, "established TCP streaming connection with remote peer")).toHaveLength(4);
  await pass(20_000);
  // Link heartbeats alone keep all four streams.
  expect(named(lines, "lost TCP streaming connection with remote peer")).toHaveLength(0);
  expect(one.counters.receivedBytes.get("0")).toBeGreaterThan(20);
  // Nothing arrives any more, though no connection is closed.
  network.delays = { there: 1e9, back: 1e9 };
  await pass(5_100);
  const lost = named(lines, "lost TCP streaming connection with remote peer");
  expect(lost.filter(({ fields }) => fields["error"] === "i/o timeout")).toHaveLength(2);
  expect(one.activeSince(2n)).toBeUndefined();
  expect(one.counters.disconnectedPeers.get("2")).toBe(1);
  one.stop();
});

test("Probe: smoothed round trip; a peer whose clock is behind is warned of each 30 s, one ahead is not", async () => {
  const behind = await pair(-3_000);
  behind.network.delays = { there: 20, back: 20 };
  await behind.pass(36_000);
  const warned = named(behind.lines, "prober found high clock drift");
  // Two probers; looked at after 5 s and 35 s, the first time perhaps before there was anything to see.
  expect(warned.length).toBe(4);
  expect(warned[0]!.fields).toMatchObject({
    "round-tripper-name": "ROUND_TRIPPER_RAFT_MESSAGE",
    "remote-peer-id": "2",
  });
  expect(String(warned[2]!.fields["clock-drift"])).toMatch(/^3\.0\d/);
  const { roundTripMs, clockDifferenceMs } = behind.one.probed(2n)!;
  // Eight probes of 40 ms or a little more: 40 * (1 - 0.875^8).
  expect(roundTripMs).toBeGreaterThan(40 * (1 - 0.875 ** 8) - 1);
  expect(roundTripMs).toBeLessThan(50);
  expect(Math.abs(clockDifferenceMs - 3_000)).toBeLessThan(50);
  behind.one.stop();
  const ahead = await pair(3_000);
  await ahead.pass(36_000);
  expect(named(ahead.lines, "prober found high clock drift")).toEqual([]);
  ahead.one.stop();
});

test("Probe: a peer that is not there is warned of each 5 s", async () => {
  const { one, pass, lines } = await pair();
  one.addPeer(9n, ["http://m9:9"]);
  await pass(11_000);
  const ill = named(lines, "prober detected unhealthy status").filter(
    ({ fields }) => fields["remote-peer-id"] === "9",
  );
  expect(ill).toHaveLength(4);
  expect(ill[0]!.fields).toMatchObject({
    rtt: "0s",
    error: "Cannot connect to m9:9: connection refused",
  });
  one.stop();
});

test("HeartbeatDelay: a heartbeat later than two intervals after the last is warned of, to each peer", () => {
  const clock = new VirtualClock();
  const logger = recordingLogger();
  const delay = new HeartbeatDelay(clock, logger, 100);
  const beat = (after: number): void => {
    clock.advance(after);
    delay.sent(2n);
    delay.sent(3n);
  };
  beat(0);
  beat(100);
  beat(200);
  expect(logger.lines).toEqual([]);
  beat(649);
  expect(delay.late).toBe(2);
  expect(logger.lines[0]).toMatchObject({
    message:
      "leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk",
    fields: {
      to: "2",
      "heartbeat-interval": "100ms",
      "expected-duration": "200ms",
      "exceeded-duration": "449ms",
    },
  });
  delay.reset();
  beat(5_000);
  expect(delay.late).toBe(2);
});

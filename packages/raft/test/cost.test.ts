import { expect, test } from "vitest";
import { ConfState, type RaftMessage } from "@nodetcd/messages";
import { MemoryStorage, RawNode } from "../src/raft.ts";

/**
 * Costs must grow with the work, not with its square. Times are compared with each other in one run,
 * with room for a busy machine: a quadratic path misses these bounds by a factor of ten.
 */
const data = new Uint8Array(16);

function startGroup(size: number, maxInflightMessages: number): RawNode[] {
  const voters = Array.from({ length: size }, (_, i) => BigInt(i + 1));
  return voters.map((id) => {
    const storage = new MemoryStorage();
    const confState = { ...ConfState.create(), voters };
    storage.applySnapshot({ data: new Uint8Array(0), metadata: { confState, index: 0, term: 0 } });
    const raw = new RawNode({
      id,
      storage,
      electionTick: 10,
      heartbeatTick: 1,
      maxSizePerMessage: 1 << 16,
      maxInflightMessages,
      random: () => 0,
    });
    storages.set(raw, storage);
    return raw;
  });
}

const storages = new WeakMap<RawNode, MemoryStorage>();

/** Does the duties of every `Ready`; returns the messages. */
function work(raw: RawNode): RaftMessage[] {
  const sent: RaftMessage[] = [];
  const storage = storages.get(raw)!;
  while (raw.hasReady()) {
    const ready = raw.ready();
    if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    storage.append(ready.entries);
    for (const message of ready.messages) sent.push(message);
    raw.advance();
  }
  return sent;
}

/** Delivers until nobody has anything to say; messages to others than `nodes` are lost. */
function settle(nodes: readonly RawNode[], queue: RaftMessage[] = []): void {
  for (;;) {
    for (const node of nodes) queue.push(...work(node));
    if (queue.length === 0) return;
    const delivered = queue;
    queue = [];
    for (const message of delivered) nodes.find(({ id }) => id === message.to)?.step(message);
  }
}

function processorSeconds(action: () => void): number {
  const started = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

/** The least of three runs: what the machine does besides only ever adds. */
function least(measure: () => number): number {
  return Math.min(measure(), measure(), measure());
}

/** Microseconds an entry to propose `count` one by one, answered only after the last. */
function inFlight(count: number): number {
  const [leader, ...followers] = startGroup(3, count + 10);
  leader!.campaign();
  settle([leader!, ...followers]);
  const time = processorSeconds(() => {
    for (let i = 0; i < count; i++) leader!.propose(data);
    settle([leader!, ...followers]);
  });
  expect(leader!.committed).toBe(count + 1);
  return (time * 1e6) / count;
}

test("10,000 entries in flight cost no more each than 1,000", () => {
  inFlight(2_000);
  const few = least(() => inFlight(1_000));
  const many = least(() => inFlight(10_000));
  console.info(`in flight: ${few.toFixed(2)} us an entry at 1,000, ${many.toFixed(2)} at 10,000`);
  expect(many).toBeLessThan(few * 4 + 2);
});

/** Microseconds an entry until a follower that was `count` behind has caught up. */
function catchUp(count: number): number {
  const [leader, second, third] = startGroup(3, 256);
  leader!.campaign();
  settle([leader!, second!]);
  const batch = Array.from({ length: 1_000 }, () => data);
  for (let i = 0; i < count; i += batch.length) {
    leader!.proposeBatch(batch);
    settle([leader!, second!]);
  }
  const time = processorSeconds(() => {
    leader!.tick();
    settle([leader!, second!, third!]);
  });
  expect(third!.committed).toBe(count + 1);
  return (time * 1e6) / count;
}

test("a follower 1,000,000 entries behind catches up at the same rate as one 100,000 behind", () => {
  const near = least(() => catchUp(100_000));
  const far = catchUp(1_000_000);
  console.info(`behind: ${near.toFixed(3)} us an entry at 100,000, ${far.toFixed(3)} at 1,000,000`);
  expect(far).toBeLessThan(near * 4 + 0.5);
});

/** Microseconds to propose, commit and apply one entry after the other. */
function oneByOne(size: number, count: number): number {
  const nodes = startGroup(size, 256);
  const [leader] = nodes;
  leader!.campaign();
  settle(nodes);
  const time = processorSeconds(() => {
    for (let i = 0; i < count; i++) {
      leader!.propose(data);
      settle(nodes);
    }
  });
  return (time * 1e6) / count;
}

test("an entry costs microseconds, alone and in a group of three", () => {
  const alone = least(() => oneByOne(1, 20_000));
  const three = least(() => oneByOne(3, 20_000));
  console.info(
    `one by one: ${alone.toFixed(2)} us alone, ${three.toFixed(2)} us in a group of three`,
  );
  // Loose, for a machine that does seven other things; quiet, it is 1 and 4.
  expect(alone).toBeLessThan(100);
  expect(three).toBeLessThan(300);
});

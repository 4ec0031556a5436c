/**
 * Entries of 128 bytes, proposed to applied per second, for groups in one process without disk or
 * network: what the consensus core itself costs.
 *
 *   node --conditions=@nodetcd/source --import tsx packages/raft/bench/throughput.ts
 *
 * `RAFT_BENCH_PEER` names a program that does the same with etcd's raft (arguments: group size,
 * batch, entries; prints entries a second); then both run in turn and the ratio of medians is printed.
 */
import { execFileSync } from "node:child_process";
import { ConfState } from "@nodetcd/messages";
import { MemoryStorage, RawNode } from "@nodetcd/raft";

const DATA = new Uint8Array(128);
const ROUNDS = Number(process.env["ROUNDS"] ?? 5);

/** Log kept behind the applied index, and how often the rest is dropped, in entries. */
const KEEP = 1_000;
const COMPACT_EVERY = 10_000;

class Group {
  readonly #nodes: RawNode[] = [];
  readonly #stores: MemoryStorage[] = [];
  applied = 0;

  constructor(size: number) {
    const voters = Array.from({ length: size }, (_, i) => BigInt(i + 1));
    for (const id of voters) {
      const storage = new MemoryStorage();
      const metadata = { index: 1, term: 1, confState: { ...ConfState.create(), voters } };
      storage.applySnapshot({ data: new Uint8Array(0), metadata });
      this.#stores.push(storage);
      this.#nodes.push(
        new RawNode({
          id,
          electionTick: 10,
          heartbeatTick: 1,
          storage,
          applied: 1,
          maxSizePerMessage: 1 << 20,
          maxInflightMessages: 512,
          random: () => 0,
        }),
      );
    }
    this.#nodes[0]!.campaign();
    this.#pump();
  }

  propose(batch: number): void {
    const leader = this.#nodes[0]!;
    if (batch === 1) leader.propose(DATA);
    else leader.proposeBatch(Array.from({ length: batch }, () => DATA));
    this.#pump();
  }

  compact(): void {
    for (const storage of this.#stores) storage.compact(storage.lastIndex() - KEEP);
  }

  #pump(): void {
    for (let again = true; again;) {
      again = false;
      for (let i = 0; i < this.#nodes.length; i++) {
        const node = this.#nodes[i]!;
        if (!node.hasReady()) continue;
        again = true;
        const ready = node.ready();
        const storage = this.#stores[i]!;
        storage.append(ready.entries);
        if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
        for (const message of ready.messages) this.#nodes[Number(message.to) - 1]!.step(message);
        if (i === 0) {
          for (const entry of ready.committedEntries) if (entry.data.length > 0) this.applied++;
        }
        node.advance();
      }
    }
  }
}

function run(group: Group, count: number, batch: number): void {
  let next = group.applied + COMPACT_EVERY;
  for (let done = 0; done < count; done += batch) {
    group.propose(batch);
    if (group.applied < next) continue;
    next = group.applied + COMPACT_EVERY;
    group.compact();
  }
}

function measure(size: number, batch: number, total: number): number {
  const group = new Group(size);
  run(group, total / 5, batch);
  const started = performance.now();
  const before = group.applied;
  run(group, total, batch);
  return Math.round(((group.applied - before) * 1000) / (performance.now() - started));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const peer = process.env["RAFT_BENCH_PEER"];
if (peer === undefined) console.log("RAFT_BENCH_PEER is not set: no comparison with etcd's raft");
console.log("nodes  batch   entries/s   etcd's raft   ratio");
for (const size of [1, 3, 5]) {
  for (const batch of [1, 100]) {
    const total = batch === 1 ? 100_000 : 1_000_000 / size;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(measure(size, batch, total));
      if (peer === undefined) continue;
      const args = [size, batch, total].map((n) => String(Math.round(n)));
      theirs.push(Number(execFileSync(peer, args, { encoding: "utf8" })));
    }
    const columns = [
      String(size).padStart(5),
      String(batch).padStart(6),
      String(median(ours)).padStart(11),
    ];
    if (theirs.length > 0) {
      columns.push(
        String(median(theirs)).padStart(13),
        (median(ours) / median(theirs)).toFixed(2).padStart(7),
      );
    }
    console.log(columns.join(" "));
  }
}

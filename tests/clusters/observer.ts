/** Watches a cluster while a load works on it, and then holds clients, watches and members to one history. */
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../peers.ts";
import { run } from "../processes.ts";
import { ProcessCaller } from "./caller.ts";
import { type Book, pairOf } from "./load.ts";
import { MemberWatch } from "./member-watch.ts";
import { patiently, sleep } from "./patience.ts";
import type { ProcessCluster, Seat } from "./process-cluster.ts";
import { isSame, type Operation, Timeline } from "./timeline.ts";

const SETTLE_TIMEOUT_MS = 60_000;
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

export interface ObserverOptions {
  /** Asked as well, when it is at hand. */
  readonly etcdctl?: Peer | undefined;
  /** Of every call: a token, where users are needed. */
  readonly metadata?: () => Readonly<Record<string, string>>;
  /** Words of every command line of etcdctl. */
  readonly ctlFlags?: () => readonly string[];
}

export class Observer {
  readonly timeline = new Timeline();
  readonly #book: Book;
  readonly #cluster: ProcessCluster;
  readonly #options: ObserverOptions;
  /** Found before anybody asked. */
  readonly #faults: string[] = [];
  readonly #watches = new Map<Seat, MemberWatch>();

  constructor(cluster: ProcessCluster, book: Book, options: ObserverOptions = {}) {
    this.#cluster = cluster;
    this.#book = book;
    this.#options = options;
    this.lookAtAll();
  }

  /** Watches members that have come as well, and those that went no more. */
  lookAtAll(): void {
    // What is older than what all others were told of may be compacted.
    const from = this.#watches.size === 0 ? 1 : this.watched;
    for (const seat of this.#cluster.seats) {
      if (this.#watches.has(seat) || !seat.isRunning) continue;
      const watch = new MemberWatch(seat.name, seat.url, from, this.#options.metadata);
      this.#watches.set(seat, watch);
    }
  }

  /** Of a member that is about to go; what its watch was told is kept. */
  leave(seat: Seat): void {
    this.#faults.push(...this.#readWatches(this.watched));
    this.#watches.get(seat)?.close();
    this.#watches.delete(seat);
  }

  /** What every watch has been told of. */
  get watched(): number {
    return Math.min(...[...this.#watches.values()].map(({ log }) => log.revision));
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
  }

  /** All members run and nobody writes any more: waits until they are equal, and returns what is wrong. */
  async check(operations: readonly Operation[]): Promise<string[]> {
    const callers = this.#cluster.running.map((seat) => new ProcessCaller(seat.name, seat.url));
    for (const caller of callers) caller.metadata = this.#options.metadata?.() ?? {};
    try {
      const { header } = await patiently(() => callers[0]!.call(METHODS.KV.Range, ALL));
      const revision = header?.revision ?? 0;
      const faults = await this.#waitForWatches(revision);
      if (faults.length > 0) return faults;
      faults.push(...this.#faults.splice(0), ...this.#readWatches(revision));
      faults.push(...this.timeline.check(operations));
      faults.push(...(await this.#checkHashes(callers, revision)));
      for (const caller of callers) {
        faults.push(...(await this.#checkPairs(caller)), ...(await this.#checkLeases(caller)));
      }
      if (this.#options.etcdctl !== undefined) {
        faults.push(...(await this.#askEtcdctl(this.#options.etcdctl)));
      }
      return faults;
    } finally {
      for (const caller of callers) caller.close();
    }
  }

  async #waitForWatches(revision: number): Promise<string[]> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS;
    while (this.watched < revision) {
      if (Date.now() > deadline) {
        return [...this.#watches].map(
          ([{ name }, { log }]) => `watch of ${name} is at ${log.revision}, not ${revision}`,
        );
      }
      await sleep(20);
    }
    return [];
  }

  /** The history is what the watches told; all must have told the same. */
  #readWatches(to: number): string[] {
    const logs = [...this.#watches.values()].map(({ log }) => log);
    const faults = logs.flatMap((log) => log.faults.splice(0));
    for (let revision = this.timeline.revision + 1; revision <= to; revision++) {
      const [first, ...others] = logs
        .filter(({ from }) => from < revision)
        .map(({ changes }) => changes.get(revision));
      if (first === undefined) return [...faults, `no watch was told of revision ${revision}`];
      if (others.some((other) => !isSame(other, first))) {
        faults.push(`watches were told different things of revision ${revision}`);
      }
      this.timeline.add(revision, first);
      for (const { changes } of logs) changes.delete(revision);
    }
    return faults;
  }

  async #checkHashes(callers: readonly ProcessCaller[], revision: number): Promise<string[]> {
    let told: string[] = [];
    // A compaction may be at work in some of them still.
    for (let i = 0; i < 50; i++) {
      const answers = await Promise.all(
        callers.map((caller) => caller.call(METHODS.Maintenance.HashKV, { revision })),
      );
      told = answers.map(({ hash, compactRevision }) => `${hash} (compacted ${compactRevision})`);
      if (new Set(told).size === 1) return [];
      await sleep(100);
    }
    return [`hashes at ${revision} differ: ${told.join(", ")}`];
  }

  async #checkPairs(caller: ProcessCaller): Promise<string[]> {
    const { kvs } = await caller.call(METHODS.KV.Range, { ...ALL, serializable: true });
    const due = this.timeline.pairs();
    const faults = kvs.map(pairOf).filter(({ key, value, modRevision }) => {
      const pair = due.get(key);
      return pair?.value !== value || pair.modRevision !== modRevision;
    });
    if (faults.length === 0 && kvs.length === due.size) return [];
    const keys = faults.map(({ key }) => key).join(" ");
    return [`${caller.name} has ${kvs.length} keys, not ${due.size}; wrong: ${keys}`];
  }

  async #checkLeases(caller: ProcessCaller): Promise<string[]> {
    const { leases } = await caller.call(METHODS.Lease.LeaseLeases, {});
    const present = new Set(leases.map(({ id }) => id));
    const { granted, maybeGone, gone } = this.#book;
    const lost = [...granted].filter((id) => !present.has(id) && !maybeGone.has(id));
    const back = [...gone].filter((id) => present.has(id));
    return [
      ...lost.map((id) => `lease ${id} is gone from ${caller.name}`),
      ...back.map((id) => `lease ${id}, revoked, is there on ${caller.name}`),
    ];
  }

  /** The tool that operators use sees the members alike, too. */
  async #askEtcdctl({ path, args = [] }: Peer): Promise<string[]> {
    const endpoints = this.#cluster.running.map(({ url }) => url).join(",");
    const flags = [
      `--endpoints=${endpoints}`,
      "--command-timeout=30s",
      "--dial-timeout=30s",
      ...(this.#options.ctlFlags?.() ?? []),
    ];
    const ask = (...words: string[]): ReturnType<typeof run> =>
      run(path, [...args, ...flags, ...words], { timeoutMs: 60_000 });
    const [hashes, health] = await Promise.all([
      ask("endpoint", "hashkv", "-w", "json"),
      ask("endpoint", "health"),
    ]);
    if (hashes.status !== 0) return [`etcdctl endpoint hashkv: ${hashes.stderr.slice(0, 300)}`];
    if (health.status !== 0) return [`etcdctl endpoint health: ${health.stderr.slice(0, 300)}`];
    const told = JSON.parse(hashes.stdout.toString()) as { HashKV: { hash: number } }[];
    const different = new Set(told.map(({ HashKV }) => HashKV.hash));
    return different.size === 1 ? [] : [`etcdctl sees hashes ${[...different].join(", ")}`];
  }
}

/** A cluster of both kinds, its load and its observer. */
import { type Init, METHODS, type Method } from "@nodetcd/messages";
import { type Peer, peer } from "../peers.ts";
import type { Seeded } from "../seeded.ts";
import { ProcessCaller } from "./caller.ts";
import { Book, Load } from "./load.ts";
import { Observer } from "./observer.ts";
import { patiently, sleep } from "./patience.ts";
import { ProcessCluster, type Seat } from "./process-cluster.ts";
import type { Operation } from "./timeline.ts";

const USER = { name: "root", password: "secret" };
const WORKERS_EACH = 8;

export class MixedCluster {
  readonly processes: ProcessCluster;
  readonly callers: ProcessCaller[];
  readonly #ours: Peer;
  readonly #flags: readonly string[];
  readonly #random: Seeded;
  readonly #book = new Book();
  readonly #observer: Observer;
  #metadata: Readonly<Record<string, string>> = {};
  /** While there is one. */
  #load: Load | undefined;
  /** Of loads that have ended, not checked yet. */
  #operations: Operation[] = [];
  #answered = 0;
  #written = 0;
  #longestGapMs = 0;

  private constructor(
    processes: ProcessCluster,
    ours: Peer,
    flags: readonly string[],
    random: Seeded,
  ) {
    this.processes = processes;
    this.#ours = ours;
    this.#flags = flags;
    this.#random = random;
    this.callers = processes.seats.map(({ name, url }) => new ProcessCaller(name, url, 10_000));
    this.#observer = new Observer(processes, this.#book, {
      etcdctl: peer("etcdctl"),
      metadata: () => this.#metadata,
      ctlFlags: () =>
        this.#metadata["token"] === undefined ? [] : [`--user=${USER.name}:${USER.password}`],
    });
  }

  static async found(
    programs: readonly Peer[],
    ours: Peer,
    flags: readonly string[],
    random: Seeded,
  ): Promise<MixedCluster> {
    const processes = await ProcessCluster.found(programs.map((program) => ({ program, flags })));
    return new MixedCluster(processes, ours, flags, random);
  }

  isOurs({ program }: Seat): boolean {
    return program === this.#ours;
  }

  /** One of the kind, rather one that does not lead: the last. */
  find(isOurs: boolean): Seat {
    return this.processes.seats.findLast((seat) => this.isOurs(seat) === isOurs)!;
  }

  get summary(): string {
    const revision = this.#observer.timeline.revision;
    return `${this.#answered} calls answered, ${this.#written} of them writes, ${revision} revisions, longest without a write ${this.#longestGapMs.toFixed(0)} ms`;
  }

  async join(program: Peer): Promise<void> {
    const seat = await this.processes.join(this.callers[0]!, { program, flags: this.#flags });
    const caller = new ProcessCaller(seat.name, seat.url, 10_000);
    this.callers.push(caller);
    this.#observer.lookAtAll();
    this.#load?.join(caller);
  }

  /** Removes a member through another one. */
  async dismiss(seat: Seat): Promise<void> {
    const caller = this.callers.find(({ name }) => name === seat.name)!;
    this.callers.splice(this.callers.indexOf(caller), 1);
    this.#observer.leave(seat);
    this.#load?.leave(caller);
    await this.processes.dismiss(this.callers[0]!, seat);
  }

  /** So many writes through all members but `without`; `meanwhile` happens once a third is answered. */
  async work(
    writes: number,
    meanwhile?: () => Promise<void>,
    without: readonly Seat[] = [],
  ): Promise<void> {
    const absent = new Set(without.map(({ name }) => name));
    const load = this.#beginLoad(this.callers.filter(({ name }) => !absent.has(name)));
    let waited = meanwhile;
    while (load.written < writes || waited !== undefined) {
      await sleep(10);
      if (load.written < writes / 3 || waited === undefined) continue;
      await waited();
      waited = undefined;
    }
    await this.#endLoad();
    if (without.length === 0) await this.settle();
  }

  /** Works without a pause until `events` are over. */
  async during(events: () => Promise<void>): Promise<void> {
    this.#beginLoad(this.callers, 20);
    await events();
    await this.#endLoad();
  }

  #beginLoad(callers: readonly ProcessCaller[], pauseMs = 2): Load {
    for (const caller of callers) caller.metadata = this.#metadata;
    const world = {
      random: this.#random,
      now: () => performance.now(),
      sleep,
      watched: () => this.#observer.watched,
    };
    const options = { workersEach: WORKERS_EACH, pauseMs };
    return (this.#load = new Load(callers, world, this.#book, options));
  }

  async #endLoad(): Promise<void> {
    const load = this.#load;
    this.#load = undefined;
    if (load === undefined) return;
    await load.stop();
    this.#operations.push(...load.operations);
    this.#answered += load.acknowledged;
    this.#written += load.written;
    this.#longestGapMs = Math.max(this.#longestGapMs, load.longestGapMs);
  }

  /** All members run and are equal, and all that was answered is one history; else it fails. */
  async settle(): Promise<void> {
    const faults = await this.#observer.check(this.#operations.splice(0));
    if (faults.length === 0) return;
    const logs = this.processes.seats.map(({ name, process }) => `-- ${name}:\n${process?.tail()}`);
    throw new Error([...faults.slice(0, 10), ...logs].join("\n"));
  }

  /** To the first that is meant, through the one that leads. */
  async moveLeader(isMeant: (seat: Seat, leader: Seat) => boolean): Promise<void> {
    await patiently(async () => {
      const leader = await this.processes.leader();
      if (leader === undefined) throw new Error("there is no leader");
      const target = this.processes.seats.find((seat) => isMeant(seat, leader));
      if (target === undefined || target === leader) return;
      await this.#callerOf(leader).call(METHODS.Maintenance.MoveLeader, { targetId: target.id });
    });
  }

  /** Until all members' storage is of the older version. */
  async downgrade(version: string): Promise<void> {
    const { Downgrade, Status } = METHODS.Maintenance;
    const enable = 1;
    await patiently(() => this.callers[0]!.call(Downgrade, { action: enable, version }));
    for (const caller of this.callers) {
      await patiently(async () => {
        const { storageVersion } = await caller.call(Status, {});
        if (storageVersion !== version) throw new Error(`storage is of ${storageVersion}`);
      });
    }
  }

  #callerOf({ name }: Seat): ProcessCaller {
    return this.callers.find((caller) => caller.name === name)!;
  }

  /** From now on every call needs a token. */
  async enableUsers(): Promise<void> {
    const [caller] = this.callers;
    const auth = METHODS.Auth;
    const steps: (() => Promise<unknown>)[] = [
      () => caller!.call(auth.UserAdd, USER),
      () => caller!.call(auth.RoleAdd, { name: "root" }),
      () => caller!.call(auth.UserGrantRole, { user: "root", role: "root" }),
      () => caller!.call(auth.AuthEnable, {}),
    ];
    for (const step of steps) await step();
    const { token } = await caller!.call(auth.Authenticate, USER);
    this.#useToken({ token });
    await this.#everywhere(METHODS.KV.Range, { key: Buffer.from("k"), serializable: true });
  }

  async disableUsers(): Promise<void> {
    await this.callers[0]!.call(METHODS.Auth.AuthDisable, {});
    this.#useToken({});
    await this.#everywhere(METHODS.KV.Range, { key: Buffer.from("k"), serializable: true });
    await this.callers[0]!.call(METHODS.Auth.UserDelete, { name: "root" });
    await this.callers[0]!.call(METHODS.Auth.RoleDelete, { role: "root" });
  }

  #useToken(metadata: Readonly<Record<string, string>>): void {
    this.#metadata = metadata;
    for (const caller of this.callers) caller.metadata = metadata;
  }

  /** Until every member takes it: they apply changes of users one after the other. */
  async #everywhere<Q, A>(method: Method<Q, A>, request: Init<Q>): Promise<void> {
    for (const caller of this.callers) await patiently(() => caller.call(method, request));
  }

  async stop(): Promise<void> {
    this.#observer.close();
    for (const caller of this.callers) caller.close();
    await this.processes.stop();
  }

  async dispose(): Promise<void> {
    await this.#endLoad();
    await this.stop();
    this.processes.remove();
  }
}

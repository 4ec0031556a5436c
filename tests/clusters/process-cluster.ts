/** Members in processes of their own, of any kind, with a network between them that can be cut. */
import { rmSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../peers.ts";
import { freePort, ServerProcess, temporaryDirectory } from "../processes.ts";
import { ProcessCaller } from "./caller.ts";
import { patiently } from "./patience.ts";
import { PeerLinks, type Tap } from "./peer-links.ts";

const READY_TIMEOUT_MS = 90_000;

export interface MemberOptions {
  readonly program: Peer;
  /** Default: a temporary one. */
  readonly dataDirectory?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Others reach it without a proxy between: its links cannot be cut, and cost nothing. */
  readonly isDirect?: boolean;
}

/** A member, running or not. */
export class Seat {
  name: string;
  readonly clientPort: number;
  peerUrl: string;
  readonly listenPort: number;
  readonly dataDirectory: string;
  readonly flags: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  /** What it runs at its next start. */
  program: Peer;
  process: ServerProcess | undefined;
  id = 0n;

  constructor(
    name: string,
    options: MemberOptions,
    ports: { client: number; proxy: number; listen: number },
  ) {
    this.name = name;
    this.program = options.program;
    this.dataDirectory = options.dataDirectory ?? temporaryDirectory("nodetcd-cluster");
    this.flags = options.flags ?? [];
    this.#env = options.env ?? {};
    this.clientPort = ports.client;
    this.peerUrl = `http://127.0.0.1:${ports.proxy}`;
    this.listenPort = ports.listen;
  }

  /** From its next start on. */
  rename(name: string): void {
    this.name = name;
  }

  get url(): string {
    return `http://127.0.0.1:${this.clientPort}`;
  }

  get listenUrl(): string {
    return `http://127.0.0.1:${this.listenPort}`;
  }

  get isRunning(): boolean {
    return this.process?.hasExited === false;
  }

  start(initialCluster: string, state: "new" | "existing"): ServerProcess {
    const flags = [
      `--name=${this.name}`,
      `--initial-advertise-peer-urls=${this.peerUrl}`,
      `--initial-cluster=${initialCluster}`,
      `--initial-cluster-state=${state}`,
      ...this.flags,
    ];
    const { dataDirectory } = this;
    const ports = { client: this.clientPort, peer: this.listenPort };
    this.process = new ServerProcess(this.program, ports, { dataDirectory, flags, env: this.#env });
    return this.process;
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }
}

export class ProcessCluster {
  readonly seats: Seat[] = [];
  readonly links = new PeerLinks();
  /** Their directories stay, too, until `remove`. */
  readonly dismissed: Seat[] = [];
  /** The cluster as those who came later were told of it. */
  readonly #joined = new Map<Seat, string>();
  #initialCluster = "";
  #founded = 0;

  /** Founds a cluster of these members; they are called m1, m2 and so on. */
  static async found(members: readonly MemberOptions[], tap?: Tap): Promise<ProcessCluster> {
    const cluster = new ProcessCluster();
    cluster.links.tap = tap;
    for (const options of members) await cluster.#addSeat(options);
    cluster.#initialCluster = cluster.seats.map((s) => `${s.name}=${s.peerUrl}`).join(",");
    for (const seat of cluster.seats) seat.start(cluster.#initialCluster, "new");
    await cluster.ready();
    return cluster;
  }

  async #addSeat(options: MemberOptions): Promise<Seat> {
    const [client, listen] = [await freePort(), await freePort()];
    const proxy = options.isDirect === true ? listen : await freePort();
    const seat = new Seat(`m${++this.#founded}`, options, { client, proxy, listen });
    if (proxy !== listen) await this.links.serve(seat.name, proxy, listen);
    this.seats.push(seat);
    return seat;
  }

  get running(): Seat[] {
    return this.seats.filter(({ isRunning }) => isRunning);
  }

  /** Waits until those that run are healthy, and learns their ids. */
  async ready(): Promise<void> {
    const { running } = this;
    await Promise.all(running.map((seat) => seat.process!.ready(READY_TIMEOUT_MS)));
    await this.#learnIds(running[0]!);
  }

  async #learnIds(through: Seat): Promise<void> {
    const caller = new ProcessCaller(through.name, through.url);
    const { members } = await caller.call(METHODS.Cluster.MemberList, { linearizable: false });
    caller.close();
    for (const { id, peerUrls } of members) {
      const seat = this.seats.find(({ peerUrl }) => peerUrls.includes(peerUrl));
      if (seat === undefined) continue;
      seat.id = id;
      this.links.names.set(id.toString(16), seat.name);
    }
  }

  /** Starts a member again on its data. Does not wait. */
  restart(seat: Seat): void {
    if (!seat.isRunning) seat.start(this.#initialCluster, "new");
  }

  /** Adds a member through another and starts it. */
  async join(through: ProcessCaller, options: MemberOptions): Promise<Seat> {
    const seat = await this.#announce(through, options, false);
    await this.startJoined(seat);
    return seat;
  }

  /** Announces a member that has no vote, and does not start it. */
  addLearner(through: Seat, program: Peer): Promise<Seat> {
    return this.#announceBy(through, program, true);
  }

  /** Announces a member, and does not start it. */
  addVoter(through: Seat, program: Peer): Promise<Seat> {
    return this.#announceBy(through, program, false);
  }

  async #announceBy(through: Seat, program: Peer, isLearner: boolean): Promise<Seat> {
    const caller = new ProcessCaller(through.name, through.url);
    try {
      return await this.#announce(caller, { program }, isLearner);
    } finally {
      caller.close();
    }
  }

  async #announce(
    through: ProcessCaller,
    options: MemberOptions,
    isLearner: boolean,
  ): Promise<Seat> {
    const seat = await this.#addSeat(options);
    const request = { peerUrls: [seat.peerUrl], isLearner };
    const { member, members } = await patiently(() =>
      through.call(METHODS.Cluster.MemberAdd, request),
    );
    seat.id = member?.id ?? 0n;
    this.#joined.set(
      seat,
      members.map(({ name, peerUrls }) => `${name || seat.name}=${peerUrls[0]}`).join(","),
    );
    return seat;
  }

  /** The first start of a member that was announced. */
  async startJoined(seat: Seat): Promise<void> {
    seat.start(this.#joined.get(seat)!, "existing");
    await this.ready();
  }

  /** Removes a member through another, and waits until it has ended. */
  async dismiss(through: ProcessCaller, seat: Seat): Promise<void> {
    await patiently(() => through.call(METHODS.Cluster.MemberRemove, { id: seat.id }));
    this.seats.splice(this.seats.indexOf(seat), 1);
    this.dismissed.push(seat);
    await seat.process?.exited;
  }

  /** The one that leads as most see it; undefined when there is none. */
  async leader(): Promise<Seat | undefined> {
    for (const seat of this.running) {
      const caller = new ProcessCaller(seat.name, seat.url, 1_000);
      try {
        const { leader } = await caller.call(METHODS.Maintenance.Status, {});
        const found = this.running.find(({ id }) => id === leader);
        if (found !== undefined) return found;
      } catch {
        // Another one may know.
      } finally {
        caller.close();
      }
    }
    return undefined;
  }

  /** Ends all of them at once, and forgets the network. Directories stay until `remove`. */
  async stop(): Promise<void> {
    for (const seat of this.running) seat.process!.signal("SIGCONT");
    await Promise.all(this.running.map((seat) => seat.process!.stop()));
    this.links.close();
  }

  remove(): void {
    for (const { dataDirectory } of [...this.seats, ...this.dismissed]) {
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  }
}

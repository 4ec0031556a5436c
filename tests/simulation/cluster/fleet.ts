/** The members of a simulated cluster, those that come and those that go, each with a client and a watch. */
import { type Init, type Member, type Method, METHODS } from "@nodetcd/messages";
import { defaultConfig, type MemberConfig } from "@nodetcd/server";
import type { Load } from "../../clusters/load.ts";
import type { Plant } from "../planted.ts";
import { SimulatedCaller, SimulatedWatch } from "./client.ts";
import { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

/** Virtual time in which somebody must answer, in milliseconds. */
const PATIENCE_MS = 60_000;

export interface FleetOptions {
  readonly world: ClusterWorld;
  /** What all members' configurations share. */
  readonly config: Partial<MemberConfig>;
  readonly plant: Plant | undefined;
  readonly onLine: (seat: Seat, line: string) => void;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #seats: Seat[] = [];
  readonly #callers = new Map<Seat, SimulatedCaller>();
  readonly #watches = new Map<Seat, SimulatedWatch>();
  /** Works through all members that are there, while there is one. */
  load: Load | undefined;
  /** Clients pause ten times less. */
  isBusy = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Those that belong to the cluster, running or not. */
  get seats(): readonly Seat[] {
    return this.#seats.filter(({ isDismissed, isTold }) => isTold && !isDismissed);
  }

  get running(): readonly Seat[] {
    return this.seats.filter(({ member }) => member !== undefined);
  }

  /** One that leads as it sees it. */
  get leader(): Seat | undefined {
    return this.running.find(({ member }) => member?.status().leader === member?.id);
  }

  callerOf(seat: Seat): SimulatedCaller {
    return this.#callers.get(seat)!;
  }

  get callers(): readonly SimulatedCaller[] {
    return this.seats.map((seat) => this.callerOf(seat));
  }

  /** Of those that stay; and what those who went had been told. */
  get watches(): { readonly present: SimulatedWatch[]; readonly gone: SimulatedWatch[] } {
    const of = (seats: readonly Seat[]): SimulatedWatch[] =>
      seats.map((seat) => this.#watches.get(seat)!);
    return {
      present: of(this.seats),
      gone: of(this.#seats.filter(({ isDismissed, isTold }) => isTold && isDismissed)),
    };
  }

  /** What the watches of all members have been told of. */
  get watched(): number {
    return Math.min(...this.watches.present.map(({ log }) => log.revision));
  }

  /** The first members, not started yet. */
  found(size: number): void {
    const places = Array.from({ length: size }, (_, i) => i + 1);
    const initialCluster = places.map((place) => `${nameOf(place)}=${urlOf(place)}`).join(",");
    for (const place of places) this.#watch(this.#add(place, { initialCluster }), 1);
  }

  /** A member that the cluster may be told of; it can start once it `learns` the others. */
  newcomer(): Seat {
    return this.#add(this.#seats.length + 1, { initialClusterState: "existing" });
  }

  #add(place: number, own: Partial<MemberConfig>): Seat {
    const { world, config, onLine, plant } = this.#options;
    const seat = new Seat(place, world, configOf(place, { ...config, ...own }), onLine, plant);
    this.#seats.push(seat);
    this.#callers.set(seat, new SimulatedCaller(seat, world));
    return seat;
  }

  #watch(seat: Seat, from: number): void {
    this.#watches.set(seat, new SimulatedWatch(seat, this.#options.world, from));
  }

  /** What a newcomer is told of the cluster before its first start. */
  learns(seat: Seat, members: readonly Member[]): void {
    const named = members.map(({ peerUrls: [url = ""] }) => `${nameOf(placeOf(url))}=${url}`);
    // What is older than what all others were told of may be compacted.
    this.#watch(seat, this.watched);
    seat.config = { ...seat.config, initialCluster: named.join(",") };
  }

  /** It serves: clients may call it. */
  serves(seat: Seat): void {
    this.load?.join(this.callerOf(seat));
  }

  /** It is no member any more. */
  dismiss(seat: Seat): void {
    seat.isDismissed = true;
    this.load?.leave(this.callerOf(seat));
  }

  /** Whoever belongs to the cluster as it says itself runs and has a vote, and nobody else. */
  async becomeAsListed(): Promise<void> {
    const { members } = await this.ask(METHODS.Cluster.MemberList, {});
    const listed = new Map(members.map((member) => [placeOf(member.peerUrls[0] ?? ""), member]));
    for (const seat of this.#seats) {
      const member = listed.get(seat.place);
      seat.isDismissed = member === undefined;
      if (member === undefined) continue;
      // Who asked for it may have heard no answer; and who was let in since then belongs to the list, too.
      if (!seat.hasServed) this.learns(seat, members);
      await this.#letIn(seat);
      const { id } = member;
      if (member.isLearner) await this.ask(METHODS.Cluster.MemberPromote, { id });
    }
  }

  /** A newcomer may have asked somebody who had not heard of it. */
  async #letIn(seat: Seat): Promise<void> {
    const { clock } = this.#options.world;
    const deadline = clock.monotonic() + PATIENCE_MS;
    while (seat.member === undefined && seat.end === undefined) {
      await seat.start();
      if (clock.monotonic() < deadline) continue;
      throw new Error(`${seat.name} is not let in`, { cause: seat.refusal });
    }
  }

  /** Asks one after the other until one answers. */
  async ask<Q, A>(method: Method<Q, A>, fields: Init<Q>): Promise<A> {
    const { clock } = this.#options.world;
    const deadline = clock.monotonic() + PATIENCE_MS;
    for (let i = 0; ; i++) {
      const seat = this.running[i % Math.max(1, this.running.length)];
      try {
        if (seat === undefined) throw new Error("nobody runs");
        return await this.callerOf(seat).call(method, fields);
      } catch (error) {
        if (clock.monotonic() > deadline) throw error;
        await this.#options.world.sleep(100);
      }
    }
  }
}

function nameOf(place: number): string {
  return `m${place}`;
}

function urlOf(place: number): string {
  return `http://10.0.0.${place}:2380`;
}

function placeOf(url: string): number {
  return Number(/10\.0\.0\.(\d+)/.exec(url)?.[1]);
}

function configOf(place: number, own: Partial<MemberConfig>): MemberConfig {
  return {
    ...defaultConfig,
    ...own,
    name: nameOf(place),
    dataDir: "/var/lib/nodetcd",
    listenClientUrls: [],
    advertiseClientUrls: [`http://10.0.0.${place}:2379`],
    listenPeerUrls: [urlOf(place)],
    initialAdvertisePeerUrls: [urlOf(place)],
  };
}

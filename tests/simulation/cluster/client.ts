/** Clients of simulated members: calls with a deadline, and a watch of everything that goes on over breaks. */
import { LocalTransport } from "@nodetcd/grpc";
import { type Init, type Method, METHODS, WatchRequest, WatchResponse } from "@nodetcd/messages";
import { sleep } from "@nodetcd/runtime";
import type { Caller } from "../../clusters/caller.ts";
import { WatchLog } from "../../clusters/member-watch.ts";
import type { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

const CALL_TIMEOUT_MS = 1_200;
const LOOK_MS = 50;
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

export class SimulatedCaller implements Caller {
  readonly name: string;
  readonly #seat: Seat;
  readonly #world: ClusterWorld;

  constructor(seat: Seat, world: ClusterWorld) {
    this.name = seat.name;
    this.#seat = seat;
    this.#world = world;
  }

  async call<Request, Reply>(
    { path, request, response }: Method<Request, Reply>,
    fields: Init<Request>,
  ): Promise<Reply> {
    const { clock } = this.#world;
    const { member } = this.#seat;
    if (member === undefined) throw new Error("not running");
    const late = sleep(clock, CALL_TIMEOUT_MS).then(() => {
      throw new Error("no answer in time");
    });
    const answer = this.#seat.running().then(async () => {
      // What was sent to a process that stands still is the first that it sees when it goes on.
      if (this.#seat.member !== member) return late;
      const transport = new LocalTransport(member.services, clock);
      const reply = await transport.unary(path, request.encode(fields));
      await this.#seat.running();
      return this.#seat.member === member ? response.decode(reply) : late;
    });
    for (const end of [answer, late]) end.catch(() => undefined);
    return Promise.race([answer, late]);
  }
}

/** Watches all keys through one member over all its lives. */
export class SimulatedWatch {
  readonly log: WatchLog;
  readonly #seat: Seat;
  readonly #world: ClusterWorld;
  #life = 0;

  constructor(seat: Seat, world: ClusterWorld, from: number) {
    this.log = new WatchLog(seat.name, from);
    this.#seat = seat;
    this.#world = world;
    this.#look();
  }

  #look(): void {
    const { member, life, isPaused } = this.#seat;
    if (member !== undefined && life !== this.#life && !isPaused) this.#open(life);
    this.#world.clock.setTimer(LOOK_MS, () => this.#look());
  }

  #open(life: number): void {
    this.#life = life;
    const transport = new LocalTransport(this.#seat.member!.services, this.#world.clock);
    const stream = transport.stream(METHODS.Watch.Watch.path);
    stream.onEnd = () => {
      if (this.#life === life) this.#life = 0;
    };
    stream.onMessage = (message) => {
      if (this.#seat.life === life && this.#life === life)
        this.log.take(WatchResponse.decode(message));
    };
    const createRequest = { ...ALL, startRevision: this.log.revision + 1 };
    stream.send(WatchRequest.encode({ createRequest }));
  }
}

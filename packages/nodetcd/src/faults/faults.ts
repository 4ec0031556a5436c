import type { Clock } from "@nodetcd/runtime";
import type { MemoryDisk } from "@nodetcd/runtime/memory";
import { ServerError } from "@nodetcd/server";
import { type Duration, milliseconds } from "../duration.ts";

/** What stands in the way between clients and a member. */
type Obstacle = { readonly kind: "none" | "drop" | "refuse" } | DelayObstacle;
interface DelayObstacle {
  readonly kind: "delay";
  readonly ms: number;
}

const NONE: Obstacle = { kind: "none" };

/**
 * Makes a member a bad one, for tests of programs that must live with that. Of `delay`, `drop` and `refuse` the last one
 * counts, for the client of this process and for those on sockets (`delay` and `drop` only for gRPC without TLS there).
 */
export class Faults {
  readonly clock: Clock;
  readonly #disk: MemoryDisk | undefined;
  readonly #quick: () => Promise<void>;
  #obstacle: Obstacle = NONE;
  readonly #waiting = new Set<() => void>();
  readonly #open = new Set<() => void>();

  /** @param disk undefined: the member has a real one */
  constructor(clock: Clock, disk: MemoryDisk | undefined) {
    this.clock = clock;
    this.#disk = disk;
    this.#quick = disk === undefined ? () => Promise.resolve() : disk.latency;
  }

  /** Whatever is sent arrives this much later, in either direction. */
  delay(duration: Duration): void {
    this.#become({ kind: "delay", ms: milliseconds(duration, "delay") });
  }

  /** Nothing arrives in either direction until `clear`, which delivers it: a frozen member, a cable pulled. */
  drop(): void {
    this.#become({ kind: "drop" });
  }

  /** Connections are cut and refused: the member has died, and nobody hears of it in peace. */
  refuse(): void {
    this.#become({ kind: "refuse" });
    for (const cut of this.#open) cut();
  }

  /** Each write and sync of the log and the database takes this long. Only without `dataDir`. */
  slowDisk(duration: Duration): void {
    const ms = milliseconds(duration, "slowDisk");
    if (this.#disk === undefined) {
      const message = "faults.slowDisk: the member has a disk of its own; start it without dataDir";
      throw new ServerError("BAD_CONFIG", message);
    }
    this.#disk.latency = () => new Promise((resolve) => void this.clock.setTimer(ms, resolve));
  }

  /** Ends all faults. */
  clear(): void {
    if (this.#disk !== undefined) this.#disk.latency = this.#quick;
    this.#become(NONE);
  }

  get refuses(): boolean {
    return this.#obstacle.kind === "refuse";
  }

  /** How long what is sent now is under way: `Infinity` while everything is dropped. */
  get delayMs(): number {
    if (this.#obstacle.kind === "delay") return this.#obstacle.ms;
    return this.#obstacle.kind === "drop" ? Infinity : 0;
  }

  /** Registers what `refuse` cuts; returns how to take it back. */
  onRefuse(cut: () => void): () => void {
    this.#open.add(cut);
    return () => void this.#open.delete(cut);
  }

  /** Registers who looks again when the faults change; returns how to take it back. */
  onChange(look: () => void): () => void {
    this.#waiting.add(look);
    return () => void this.#waiting.delete(look);
  }

  #become(obstacle: Obstacle): void {
    this.#obstacle = obstacle;
    for (const look of this.#waiting) look();
  }
}

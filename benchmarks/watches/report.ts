/** One measured stretch of a scenario, printed as a line. */
import type { Latency } from "./load.ts";
import type { Subject } from "./subject.ts";

export const HEADING =
  "what                              server       count   seconds   a second      p50      p99   turn (>10)    MiB     cpu";

export interface Measured {
  readonly what: string;
  /** How many of what the line is about. */
  readonly count: number;
  readonly seconds: number;
  readonly latency?: Latency;
  readonly note?: string;
}

/** Remembers what the server used before a stretch, and prints what it used in it. */
export class Stretch {
  readonly #subject: Subject;
  #cpu = 0;
  #started = 0;

  private constructor(subject: Subject) {
    this.#subject = subject;
  }

  static async begin(subject: Subject): Promise<Stretch> {
    const stretch = new Stretch(subject);
    await stretch.again();
    return stretch;
  }

  async again(): Promise<void> {
    await this.#subject.turns();
    this.#cpu = this.#subject.cpuSeconds;
    this.#started = performance.now();
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Prints the line, and begins anew. */
  async print(measured: Measured): Promise<void> {
    const subject = this.#subject;
    const cpu = subject.cpuSeconds - this.#cpu;
    const turns = await subject.turns();
    const { what, count, seconds, latency, note = "" } = measured;
    const ms = (percentile: number): string => latency?.at(percentile).toFixed(1) ?? "";
    const columns = [
      what.padEnd(33),
      subject.server.peer.name.padEnd(8),
      count.toLocaleString("en").padStart(9),
      seconds.toFixed(2).padStart(9),
      Math.round(count / seconds)
        .toLocaleString("en")
        .padStart(10),
      ms(50).padStart(8),
      ms(99).padStart(8),
      (turns === undefined ? "" : `${turns.longest.toFixed(1)} (${turns.over})`).padStart(12),
      subject.residentMiB.toFixed(0).padStart(6),
      cpu.toFixed(2).padStart(7),
    ];
    console.log(`${columns.join(" ")}  ${note}`);
    await this.again();
  }
}

import { goDuration } from "@nodetcd/runtime";
import type { Call } from "../command.ts";

const REPORT_MS = 1000;
/** Operations between two looks at the clock. */
const OPS_PER_LOOK = 1024;

/** Counts operations from its making until `stop`; tells standard error how many, each second. */
export class Counter {
  readonly #call: Call;
  readonly #startedAt: number;
  #elapsedMs = 0;
  #lastAt: number;
  #lastOps = 0;
  #nextLook = OPS_PER_LOOK;
  ops = 0;

  constructor(call: Call) {
    this.#call = call;
    this.#startedAt = call.clock.monotonic();
    this.#lastAt = this.#startedAt;
  }

  add(ops: number): void {
    this.ops += ops;
    if (this.ops < this.#nextLook) return;
    this.#nextLook = this.ops + OPS_PER_LOOK;
    const now = this.#call.clock.monotonic();
    if (now - this.#lastAt < REPORT_MS) return;
    const rate = Math.trunc(((this.ops - this.#lastOps) * 1000) / (now - this.#lastAt));
    this.#call.err.write(`Completed ${this.ops} requests, ${rate}/s \n`);
    this.#lastAt = now;
    this.#lastOps = this.ops;
  }

  /** Milliseconds since it was made. */
  elapsedMs(): number {
    return this.#call.clock.monotonic() - this.#startedAt;
  }

  stop(): void {
    this.#elapsedMs = this.elapsedMs();
  }

  /** Nanoseconds until `stop`. */
  get duration(): number {
    return Math.round(this.#elapsedMs * 1e6);
  }
}

/** `# Write	1000(ops)	47.1ms	(47.1µs/op)	(21231 op/sec)`, in whole nanoseconds an operation. */
export function resultLine(name: string, { ops, duration }: Counter): string {
  const each = ops === 0 ? 0 : Math.trunc(duration / ops);
  const rate = each === 0 ? 0 : Math.trunc(1e9 / each);
  const times = `${goDuration(duration / 1e6)}\t(${goDuration(each / 1e6)}/op)`;
  return `# ${name}\t${ops}(ops)\t${times}\t(${rate} op/sec)\n`;
}

/** The line of Go's testing package, which tools for comparing benchmarks read. */
export function goBenchLine(name: string, { ops, duration }: Counter): string {
  const each = ops === 0 ? 0 : duration / ops;
  const perOp = each === 0 ? "" : `\t${significant(each)} ns/op`;
  return `${name.padEnd("BenchmarkWrite".length)}\t${String(ops).padStart(8)}${perOp}\n`;
}

/** Four significant digits, with the decimal points below each other. */
function significant(value: number): string {
  const digits = [999.95, 99.995, 9.9995, 0.99995, 0.099995, 0.0099995].findIndex(
    (limit) => value >= limit,
  );
  const decimals = digits < 0 ? 6 : digits;
  return value.toFixed(decimals).padStart(decimals === 0 ? 10 : 11 + decimals);
}

/** Puts from a process of their own, so that a flood of events in the receiving one does not hold them up. */
import { fork } from "node:child_process";
import { Puts } from "./load.ts";

export interface PutOrder {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly valueBytes: number;
  /** The n-th key is `ns<n % groups>/pod<n % keys>`. */
  readonly groups: number;
  readonly keys: number;
}

export interface PutReport {
  readonly answered: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Resolves when the last put is answered. */
export function putElsewhere(order: PutOrder): Promise<PutReport> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [JSON.stringify(order)]);
    child.once("message", (report: PutReport) => resolve(report));
    child.once("exit", (code) => reject(new Error(`The puts ended with ${code}`)));
  });
}

const [argument] = process.argv.slice(2);
if (argument?.startsWith("{") === true) {
  const { port, perSecond, seconds, valueBytes, groups, keys } = JSON.parse(argument) as PutOrder;
  const puts = new Puts(port, 4, { key: (n) => `ns${n % groups}/pod${n % keys}`, valueBytes });
  await puts.atRate(perSecond, seconds);
  const { answered, latency } = puts;
  process.send?.({ answered, p50: latency.at(50), p99: latency.at(99) } satisfies PutReport);
  puts.close();
  process.disconnect();
}

import { compareBytes } from "@nodetcd/bytes";
import type { Clock, Timer } from "@nodetcd/runtime";
import type { FaultDisk } from "@nodetcd/simulator";

/** The sorted map that everything is compared with. */
export class NaiveMap {
  #pairs: { key: Uint8Array; value: Uint8Array }[] = [];

  set(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#pairs = this.#pairs.filter((pair) => compareBytes(pair.key, key) !== 0);
    if (value === undefined) return;
    this.#pairs.push({ key, value });
    this.#pairs.sort((a, b) => compareBytes(a.key, b.key));
  }

  get(key: Uint8Array): string | undefined {
    const pair = this.#pairs.find((found) => compareBytes(found.key, key) === 0);
    return pair === undefined ? undefined : hex(pair.value);
  }

  range(start: Uint8Array, end: Uint8Array | undefined, limit: number): string[] {
    const found = this.#pairs.filter(
      ({ key }) =>
        compareBytes(key, start) >= 0 && (end === undefined || compareBytes(key, end) < 0),
    );
    return (limit === 0 ? found : found.slice(0, limit)).map(({ key, value }) =>
      pairText(key, value),
    );
  }

  copy(): NaiveMap {
    const copy = new NaiveMap();
    copy.#pairs = [...this.#pairs];
    return copy;
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function pairText(key: Uint8Array, value: Uint8Array): string {
  return `${hex(key)}=${hex(value)}`;
}

/** The seed of a test run: `SEED`, or a new one that is printed. */
export function seedOf(name: string): number {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${name}: SEED=${seed}`);
  return seed;
}

/**
 * Time is counted in turns of the event loop, one millisecond each: with a disk in memory, which uses
 * microtasks only, a program repeats exactly from its seed.
 */
export const turnClock: Clock = {
  wallTime: () => 0,
  monotonic: () => 0,
  setTimer: (turns, callback) => afterTurns(turns, callback),
  setRepeating: () => {
    throw new Error("not used here");
  },
  defer: (callback) => void setImmediate(callback),
  yield: () => new Promise((resolve) => void setImmediate(resolve)),
};

function afterTurns(turns: number, callback: () => void): Timer {
  let cancelled = false;
  const wait = (left: number): void => {
    if (cancelled) return;
    if (left <= 0) callback();
    else setImmediate(() => wait(left - 1));
  };
  setImmediate(() => wait(turns));
  return { cancel: () => (cancelled = true) };
}

/** Makes each asynchronous sync take a turn of the loop, so that programs see commits under way. */
export function withSlowSyncs(disk: FaultDisk): FaultDisk {
  const open = disk.open.bind(disk);
  disk.open = (path, mode) => {
    const file = open(path, mode);
    const sync = file.syncAsync.bind(file);
    file.syncAsync = async () => {
      await turnClock.yield();
      await sync();
    };
    return file;
  };
  return disk;
}

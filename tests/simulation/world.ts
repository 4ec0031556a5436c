/** Where a simulated member lives: time that is stepped, a disk that fails, chance from a seed. */
import type { Network, Runtime } from "@nodetcd/runtime";
import { sleep } from "@nodetcd/runtime";
import { nodeDigests, nodeKeys, nodeResolver } from "@nodetcd/runtime/node";
import { CrashError, type FaultDisk, SeededRandom, VirtualClock } from "@nodetcd/simulator";

/** Virtual milliseconds that one wait may take: what takes longer hangs. */
const PATIENCE_MS = 600_000;
/** FairQueue that a process goes on after its disk refused: what it acknowledges then counts. */
const TURNS_AFTER_CRASH = 4;

const nowhere: Network = {
  listen: () => Promise.reject(new Error("There is no network here")),
  listenUnix: () => Promise.reject(new Error("There is no network here")),
  connect: () => Promise.reject(new Error("There is no network here")),
  connectUnix: () => Promise.reject(new Error("There is no network here")),
  serveHttp1: () => ({ take: () => undefined, close: () => undefined }),
  tlsServer: () => ({ take: () => undefined, close: () => undefined }),
};

/** Nothing happens in it but while `run` is waited for: a seed repeats it exactly. */
export class World {
  readonly clock: VirtualClock;
  readonly disk: FaultDisk;
  readonly runtime: Runtime;
  /** The machine: what the disk does and how long it takes. */
  readonly random: SeededRandom;
  readonly #isFaultPlanned: boolean;

  /** @param wallStart see `VirtualClock`; later than in any world before on the same disk */
  constructor(disk: FaultDisk, seed: number, wallStart: number) {
    this.clock = new VirtualClock(wallStart);
    this.disk = disk;
    const { failSyncAfter, failWriteAfter } = disk.faults;
    this.#isFaultPlanned = failSyncAfter !== undefined || failWriteAfter !== undefined;
    this.random = new SeededRandom(seed);
    const { clock, random } = this;
    disk.latency = () => (random.chance(0.4) ? Promise.resolve() : sleep(clock, random.below(4)));
    this.runtime = {
      clock,
      disk,
      network: nowhere,
      resolver: nodeResolver,
      random: new SeededRandom(seed + 1),
      digests: nodeDigests,
      keys: nodeKeys,
    };
  }

  /** The disk has crashed, or refused something: what is asked of the member may be refused, too. */
  get isExcused(): boolean {
    const { failSyncAfter, failWriteAfter } = this.disk.faults;
    const isFaultLeft = failSyncAfter !== undefined || failWriteAfter !== undefined;
    return this.disk.crashed || (this.#isFaultPlanned && !isFaultLeft);
  }

  /** Lets time pass until the promise settles. Undefined: the disk crashed first. Raises what it rejects with. */
  async run<T>(promise: Promise<T>): Promise<T | undefined> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    promise.then(settled, settled);
    const end = this.clock.monotonic() + PATIENCE_MS;
    for (;;) {
      await turn();
      if (this.disk.crashed) return this.#afterCrash();
      if (isSettled) return promise;
      if (this.clock.monotonic() > end) throw new Error("hangs: nothing came of it in 10 minutes");
      await this.#leap();
    }
  }

  /** Lets so many milliseconds pass, or until the disk crashes. */
  async pass(ms: number): Promise<void> {
    await this.run(sleep(this.clock, ms));
  }

  /** To the next timer. Time stands still while something is at work outside of this world. */
  async #leap(): Promise<void> {
    await settle();
    try {
      if (!this.clock.runNext()) await turn();
    } catch (error) {
      if (!isCrash(error)) throw error;
    }
  }

  async #afterCrash(): Promise<undefined> {
    for (let i = 0; i < TURNS_AFTER_CRASH; i++) {
      await turn();
      try {
        this.clock.runNext();
      } catch (error) {
        if (!isCrash(error)) throw error;
      }
    }
  }
}

/** SHA-1 is computed by a thread of Node's, which takes as long as it takes. */
let digestsUnderWay = 0;
const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = async (algorithm, data): Promise<ArrayBuffer> => {
  digestsUnderWay++;
  try {
    return await digest(algorithm, data);
  } finally {
    digestsUnderWay--;
  }
};

/** All microtasks run, and nothing is at work outside of simulated time. */
export async function settle(): Promise<void> {
  do await turn();
  while (digestsUnderWay > 0);
}

/** All microtasks run. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export function isCrash(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof CrashError) return true;
  return false;
}

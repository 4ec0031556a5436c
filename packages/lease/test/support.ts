import { VirtualClock } from "@nodetcd/simulator";
import {
  type BackendLike,
  LeaseError,
  type Lessor,
  type LessorOptions,
  openLessor,
} from "../src/lease.ts";

/** The `lease` bucket in memory. */
export class MemoryBackend implements BackendLike {
  readonly records = new Map<string, Buffer>();

  put(_bucket: "lease", key: Uint8Array, value: Uint8Array): void {
    this.records.set(Buffer.from(key).toString("hex"), Buffer.from(value));
  }

  delete(_bucket: "lease", key: Uint8Array): void {
    this.records.delete(Buffer.from(key).toString("hex"));
  }

  range(
    _bucket: "lease",
    _start: Uint8Array,
    _end: Uint8Array | undefined,
    _limit: number,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void {
    for (const [key, value] of [...this.records].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const lent = Buffer.from(value);
      const goOn = visit(Buffer.from(key, "hex"), lent);
      lent.fill(0xee);
      if (goOn === false) return;
    }
  }
}

export interface Opened {
  readonly clock: VirtualClock;
  readonly backend: MemoryBackend;
  readonly lessor: Lessor;
  /** Keys of each call of `deleteKeys`. */
  readonly deleted: string[][];
  /** Ids of each call of `onExpired`. */
  readonly expired: bigint[][];
}

/** A lessor on a virtual clock, not primary yet; revocation is up to the test. */
export function open(options: Partial<LessorOptions> = {}): Opened {
  const clock = new VirtualClock();
  const backend = new MemoryBackend();
  const deleted: string[][] = [];
  const expired: bigint[][] = [];
  const lessor = openLessor({
    backend,
    clock,
    minTtlSeconds: 2,
    deleteKeys: (keys) => deleted.push(keys.map((key) => Buffer.from(key).toString("latin1"))),
    ...options,
  });
  lessor.onExpired = (ids) => expired.push(ids);
  return { clock, backend, lessor, deleted, expired };
}

export const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

export function refusal(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error instanceof LeaseError ? error.code : error;
  }
  return "no error";
}

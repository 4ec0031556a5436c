import { VirtualClock } from "@nodetcd/simulator";
import {
  type BackendLike,
  type DeleteKey,
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
  /** Ids of each call of `onExpired`. */
  readonly expired: bigint[][];
}

/** A lessor on a virtual clock, not primary yet; revocation is up to the test. */
export function open(options: Partial<LessorOptions> = {}): Opened {
  const clock = new VirtualClock();
  const backend = new MemoryBackend();
  const expired: bigint[][] = [];
  const lessor = openLessor({
    backend,
    clock,
    minTtlSeconds: 2,
    ...options,
  });
  lessor.onExpired = (ids) => expired.push(ids);
  return { clock, backend, lessor, expired };
}

/** Revokes at one go, and answers the keys in the order of their deletion. */
export function revoke(lessor: Lessor, id: bigint, deleteKey?: DeleteKey): string[] {
  const deleted: string[] = [];
  const revocation = lessor.beginRevoke(id);
  const step = (): boolean =>
    revocation.step((key) => {
      deleted.push(Buffer.from(key).toString("latin1"));
      if (deleteKey === undefined) lessor.detach(id, key);
      else deleteKey(key);
    });
  while (!step());
  return deleted;
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

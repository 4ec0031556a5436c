import { EtcdError } from "./errors.ts";

/** Answers below what was seen, for each endpoint, until the call fails (etcd's number). */
const VIOLATIONS_PER_ENDPOINT = 5;

const READS: ReadonlySet<string> = new Set(["/etcdserverpb.KV/Range", "/etcdserverpb.KV/Txn"]);

/**
 * Sees to it that what a client reads never goes back in time, though it asks several members, of which one may lag behind
 * (`serializable` reads). Only answers of reads can: what a write answers is newer than all before.
 */
export class Ordering {
  #newest = 0;

  /** Whether an answer may be given out. `NO_GREATER_REVISION` when no member is as far as one was. */
  accepts(path: string, response: unknown, attempt: number, endpoints: number): boolean {
    if (!READS.has(path)) return true;
    const { header } = response as { header?: { revision: number } };
    const revision = header?.revision ?? 0;
    if (revision >= this.#newest) {
      this.#newest = revision;
      return true;
    }
    if (attempt < VIOLATIONS_PER_ENDPOINT * endpoints) return false;
    const text =
      "etcdclient: no cluster members have a revision higher than the previously received revision";
    throw new EtcdError("NO_GREATER_REVISION", `${text} (${this.#newest})`);
  }
}

/** Clients at work on a member, until they have done their part or its disk crashes. */
import { type Init, METHODS, type RequestOp } from "@nodetcd/messages";
import { sleep } from "@nodetcd/runtime";
import type { SeededRandom } from "@nodetcd/simulator";
import type { Client } from "./client.ts";
import type { Change, History } from "./history.ts";
import { type Attempt, deletions, type Records } from "./records.ts";
import type { World } from "./world.ts";

/** A key that is always there. */
export const ANCHOR = "anchor";
const KEYS = 12;
const VALUE_BYTES = [10, 300, 300, 2_000, 6_000];
const TTL_SECONDS = 1_000_000;
/** Ends within the pause between two requests, when that is long. */
const SHORT_TTL_SECONDS = 5;
/** Longer than the pause between two looks for files that are not needed any more. */
const LONG_PAUSE_MS = 31_000;

const text = (value: string): Uint8Array => Buffer.from(value);

export interface LoadOptions {
  readonly client: Client;
  readonly world: World;
  readonly records: Records;
  /** As found when this life began. */
  readonly history: History;
  readonly random: SeededRandom;
  readonly clients: number;
  readonly requestsEach: number;
}

/** Resolves when all clients are done; those that wait for an answer for ever do not end. */
export async function work(options: LoadOptions): Promise<void> {
  const load = new Load(options);
  if (options.history.get(ANCHOR) === undefined) await load.put(ANCHOR, 0n);
  await Promise.all(Array.from({ length: options.clients }, (_, i) => load.run(i)));
}

class Load {
  readonly #options: LoadOptions;
  readonly #random: SeededRandom;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#random = options.random;
  }

  async run(index: number): Promise<void> {
    const { world, requestsEach } = this.#options;
    for (let i = 0; i < requestsEach; i++) {
      const isLong = index === 0 && this.#random.chance(0.05);
      const pause = isLong ? LONG_PAUSE_MS : this.#random.below(20);
      if (pause > 2) await sleep(world.clock, pause);
      await this.#one();
    }
  }

  #one(): Promise<void> {
    const random = this.#random;
    const dice = random.below(100);
    if (dice < 48) return this.put(this.#key(), 0n);
    if (dice < 64) return this.#txn();
    if (dice < 74) return this.#delete(this.#key(), undefined);
    if (dice < 79) return this.#delete("k3", "k6");
    if (dice < 92) return this.#lease();
    if (dice < 98) return this.#compact();
    return this.#defragment();
  }

  #key(): string {
    return `k${this.#random.below(KEYS)}`;
  }

  #newValue(): string {
    const name = this.#random.uint64().toString(36);
    return name.padEnd(this.#random.pick(VALUE_BYTES), ".");
  }

  /** A request whose answer is noted; without one it stays among those that may have happened. */
  async #attempt(
    attempt: Attempt,
    send: () => Promise<number>,
    mayBeRefused = false,
  ): Promise<void> {
    const { records } = this.#options;
    records.unanswered.add(attempt);
    const revision = await this.#answered(attempt.what, send, mayBeRefused);
    if (revision !== undefined) records.acknowledge(attempt, revision);
  }

  /** Only a disk that fails excuses a refusal, or a lease whose time is up. */
  async #answered<T>(
    what: string,
    send: () => Promise<T>,
    mayBeRefused = false,
  ): Promise<T | undefined> {
    const { world, records } = this.#options;
    try {
      return await send();
    } catch (error) {
      if (!world.isExcused && !mayBeRefused)
        records.faults.push(`${what} was refused: ${String(error)}`);
      return undefined;
    }
  }

  async put(key: string, lease: bigint): Promise<void> {
    const value = this.#newValue();
    const effect = (): Change[] => [{ key, value, lease }];
    const send = async (): Promise<number> => {
      const fields = { key: text(key), value: text(value), lease };
      const reply = await this.#options.client.call(METHODS.KV.Put, fields);
      return reply.header?.revision ?? 0;
    };
    const isShort = this.#options.records.short.has(lease);
    await this.#attempt({ what: `put ${key}`, effect }, send, isShort);
  }

  /** Puts two keys where the first is missing, else a third. */
  async #txn(): Promise<void> {
    const change = (prefix: string): Change => {
      return { key: prefix + this.#key(), value: this.#newValue(), lease: 0n };
    };
    const [one, two, other] = [change("a"), change("b"), change("c")];
    const put = ({ key, value = "" }: Change): Init<RequestOp> => ({
      requestPut: { key: text(key), value: text(value) },
    });
    const effect = (history: History): Change[] =>
      history.get(one.key) === undefined ? [one, two] : [other];
    await this.#attempt({ what: `txn ${one.key} ${two.key} ${other.key}`, effect }, async () => {
      const { header } = await this.#options.client.call(METHODS.KV.Txn, {
        compare: [{ key: text(one.key), version: 0 }],
        success: [put(one), put(two)],
        failure: [put(other)],
      });
      return header?.revision ?? 0;
    });
  }

  async #delete(from: string, end: string | undefined): Promise<void> {
    const last = end ?? `${from}\0`;
    const effect = (history: History): Change[] => deletions(history.keys(from, last));
    await this.#attempt({ what: `delete ${from} ${end ?? ""}`, effect }, async () => {
      const fields = { key: text(from), rangeEnd: text(end ?? "") };
      const reply = await this.#options.client.call(METHODS.KV.DeleteRange, fields);
      return reply.deleted === 0 ? 0 : (reply.header?.revision ?? 0);
    });
  }

  /** A lease with a key or two; most of them are revoked, and some are short. */
  async #lease(): Promise<void> {
    const { records, client } = this.#options;
    const id = BigInt(1 + this.#random.below(2 ** 31));
    if (records.granted.has(id) || records.maybeGranted.has(id)) return;
    const isShort = this.#random.chance(0.3);
    const ttl = isShort ? SHORT_TTL_SECONDS : TTL_SECONDS + this.#random.below(1000);
    records.maybeGranted.set(id, ttl);
    if (isShort) {
      records.short.add(id);
      records.mayEnd(id);
    }
    const granted = await this.#answered(`grant ${id}`, () =>
      client.call(METHODS.Lease.LeaseGrant, { id, ttl }),
    );
    if (granted === undefined) return;
    records.maybeGranted.delete(id);
    records.granted.set(id, ttl);
    for (let i = this.#random.below(3); i > 0; i--) await this.put(this.#key(), id);
    if (!isShort && this.#random.chance(0.6)) await this.#revoke(id);
  }

  async #revoke(id: bigint): Promise<void> {
    const { records, client } = this.#options;
    records.mayEnd(id);
    const revoked = await this.#answered(`revoke ${id}`, () =>
      client.call(METHODS.Lease.LeaseRevoke, { id }),
    );
    // Its revision is not told apart: the reply names the newest, whether or not it had keys.
    if (revoked !== undefined) records.revoked.add(id);
  }

  /** Only what was read again since the last death is given up. */
  async #compact(): Promise<void> {
    const { records, history, client } = this.#options;
    const revision = history.revision - this.#random.below(5);
    if (revision <= Math.max(records.compacted, ...records.maybeCompacted) || revision < 2) return;
    records.maybeCompacted.add(revision);
    const physical = this.#random.chance(0.3);
    const reply = await this.#answered(`compact ${revision}`, () =>
      client.call(METHODS.KV.Compact, { revision, physical }),
    );
    if (reply !== undefined) records.compacted = Math.max(records.compacted, revision);
  }

  async #defragment(): Promise<void> {
    await this.#options.client.call(METHODS.Maintenance.Defragment, {}).catch(() => undefined);
  }
}

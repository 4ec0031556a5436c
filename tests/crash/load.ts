/** Concurrent writes with values that never repeat, recorded as they are acknowledged. */
import { type Init, METHODS, type RequestOp } from "@nodetcd/messages";
import { Connection } from "../rpc.ts";
import type { Seeded } from "../seeded.ts";
import type { Change, Records } from "./record.ts";

const DEFAULT_SIZE = { connections: 4, workers: 24 };
const KEYS = 64;
/** Milliseconds after which an unanswered call counts as lost. */
const CALL_TIMEOUT_MS = 10_000;

const text = (value: string): Uint8Array => Buffer.from(value);

let lastValue = 0;
let lastLease = 1000n;

export class Load {
  readonly #records: Records;
  readonly #random: Seeded;
  readonly #connections: Connection[];
  readonly #workers: Promise<void>[];
  #stopped = false;
  /** Why the first call that failed did so. */
  firstFailure: string | undefined;
  acknowledged = 0;

  /** `size`: how many connections, and how many calls in flight on all of them together. */
  constructor(
    url: string,
    records: Records,
    random: Seeded,
    size: typeof DEFAULT_SIZE = DEFAULT_SIZE,
  ) {
    this.#records = records;
    this.#random = random;
    this.#connections = Array.from({ length: size.connections }, () => new Connection(url));
    this.#workers = Array.from({ length: size.workers }, (_, index) => this.#work(index));
  }

  /** Lets the calls in flight end, by answer or by the server's death. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
    for (const connection of this.#connections) connection.close();
  }

  async #work(index: number): Promise<void> {
    const connection = this.#connections[index % this.#connections.length];
    if (connection === undefined) throw new RangeError("There are no connections");
    while (!this.#stopped && !connection.isClosed) {
      try {
        await this.#one(connection);
        this.acknowledged += 1;
      } catch (error) {
        this.firstFailure ??= String(error);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  #one(connection: Connection): Promise<void> {
    const kind = this.#random.weighted({ put: 50, txn: 20, delete: 15, lease: 12, compact: 1 });
    switch (kind) {
      case "put":
        return this.#put(connection, 0n);
      case "txn":
        return this.#txn(connection);
      case "delete":
        return this.#delete(connection);
      case "lease":
        return this.#lease(connection);
      case "compact":
        return this.#compact(connection);
    }
  }

  #key(): string {
    return `k${this.#random.below(KEYS)}`;
  }

  #newChange(key: string): Change {
    const value = `v${++lastValue}`.padEnd(this.#random.pick([8, 100, 1000]), ".");
    this.#records.sentValues.add(value);
    return { key, value };
  }

  async #put(connection: Connection, lease: bigint): Promise<void> {
    const { key, value = "" } = this.#newChange(this.#key());
    if (lease !== 0n) this.#records.leasedValues.add(value);
    const request = { key: text(key), value: text(value), lease };
    const reply = await connection.call(METHODS.KV.Put, request, CALL_TIMEOUT_MS);
    this.#records.acknowledge(reply.header?.revision ?? 0, [{ key, value }]);
  }

  /** Two puts or none: half of them may never be seen. */
  async #txn(connection: Connection): Promise<void> {
    const changes = [this.#newChange(`a${this.#key()}`), this.#newChange(`b${this.#key()}`)];
    const success: Init<RequestOp>[] = changes.map(({ key, value = "" }) => ({
      requestPut: { key: text(key), value: text(value) },
    }));
    const reply = await connection.call(METHODS.KV.Txn, { success }, CALL_TIMEOUT_MS);
    this.#records.acknowledge(reply.header?.revision ?? 0, changes);
  }

  async #delete(connection: Connection): Promise<void> {
    const key = this.#key();
    const { unansweredDeletes } = this.#records;
    unansweredDeletes.set(key, (unansweredDeletes.get(key) ?? 0) + 1);
    const reply = await connection.call(
      METHODS.KV.DeleteRange,
      { key: text(key) },
      CALL_TIMEOUT_MS,
    );
    unansweredDeletes.set(key, (unansweredDeletes.get(key) ?? 0) - 1);
    if (reply.deleted > 0) {
      this.#records.acknowledge(reply.header?.revision ?? 0, [{ key, value: undefined }]);
    }
  }

  async #lease(connection: Connection): Promise<void> {
    const records = this.#records;
    const id = ++lastLease;
    records.unansweredGrants.add(id);
    await connection.call(METHODS.Lease.LeaseGrant, { id, ttl: 100_000 }, CALL_TIMEOUT_MS);
    records.unansweredGrants.delete(id);
    records.grantedLeases.add(id);
    await this.#put(connection, id);
    if (this.#random.chance(60)) {
      records.unansweredRevokes.add(id);
      await connection.call(METHODS.Lease.LeaseRevoke, { id }, CALL_TIMEOUT_MS);
      records.unansweredRevokes.delete(id);
      records.revokedLeases.add(id);
    }
  }

  async #compact(connection: Connection): Promise<void> {
    const records = this.#records;
    const revision = Math.min(records.newestAcknowledged - 1000, records.verified);
    if (revision <= records.compactionSent || !this.#random.chance(20)) return;
    records.compactionSent = revision;
    await connection.call(METHODS.KV.Compact, { revision }, CALL_TIMEOUT_MS);
    records.compacted = Math.max(records.compacted, revision);
  }
}

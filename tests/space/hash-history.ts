/** Histories with compactions in them, and what members hash at places of them. */
import { METHODS } from "@nodetcd/messages";
import { type Connection, RpcFailure } from "../rpc.ts";
import { Seeded } from "../seeded.ts";

/** A place between the last compaction (0) and the newest revision (1); `by` leads over the edges. */
interface Place {
  readonly share: number;
  readonly by: number;
}

type Put = { readonly kind: "put"; readonly keys: readonly string[]; readonly value: string };
type Delete = { readonly kind: "delete"; readonly key: string; readonly rangeEnd: string };
type Compact = { readonly kind: "compact"; readonly at: Place };
type Hash = { readonly kind: "hash"; readonly at: Place };

export type Step = Put | Delete | Compact | Hash;

const KEYS = 40;

/** `changes` changes, among them two to six compactions and 20 hashes, the last of them at the end. */
export function writeHistory(seed: number, changes: number): Step[] {
  const random = new Seeded(seed);
  const steps = Array.from({ length: changes }, () => change(random));
  const insert = (kind: "compact" | "hash", at: Place): void => {
    steps.splice(random.between(Math.floor(steps.length / 10), steps.length), 0, { kind, at });
  };
  const inside = (): Place => ({ share: random.below(1001) / 1000, by: 0 });
  const edges = [
    { share: 0, by: -1 },
    { share: 0, by: 1 },
    { share: 1, by: 1 },
  ];
  for (let n = random.between(2, 6); n > 0; n--) insert("compact", inside());
  for (let n = 0; n < 18; n++) insert("hash", random.chance(15) ? random.pick(edges) : inside());
  const end = [0, 1].map((share): Step => ({ kind: "hash", at: { share, by: 0 } }));
  return [...steps, ...end];
}

function change(random: Seeded): Step {
  const key = `k${random.below(KEYS)}`;
  if (random.chance(20)) {
    return { kind: "delete", key, rangeEnd: random.chance(20) ? `${key}~` : "" };
  }
  // Different keys: see "What is not compared" in tests/README.md.
  const count = random.chance(15) ? random.between(2, 12) : 1;
  const keys = Array.from({ length: count }, (_, i) => (i === 0 ? key : `t${i}-${key}`));
  return { kind: "put", keys, value: "v".repeat(random.below(40)) + String(random.below(1000)) };
}

/** Where a history is on one member, or on one cluster. */
export class Cursor {
  revision = 1;
  compacted = 0;

  resolve({ share, by }: Place): number {
    return Math.round(this.compacted + share * (this.revision - this.compacted)) + by;
  }
}

/** Plays a step that changes something. Compactions are waited for. */
export async function playChange(
  connection: Connection,
  step: Exclude<Step, Hash>,
  cursor: Cursor,
): Promise<void> {
  if (step.kind === "compact") {
    const revision = cursor.resolve(step.at);
    if (revision <= cursor.compacted) return;
    await connection.call(METHODS.KV.Compact, { revision, physical: true });
    cursor.compacted = revision;
    return;
  }
  const { header } = await (step.kind === "put" ? put(connection, step) : remove(connection, step));
  cursor.revision = header?.revision ?? cursor.revision;
}

type Changed = Promise<{ readonly header?: { readonly revision: number } | undefined }>;

function put(connection: Connection, { keys, value }: Put): Changed {
  const success = keys.map((key) => ({
    requestPut: { key: Buffer.from(key), value: Buffer.from(value) },
  }));
  return connection.call(METHODS.KV.Txn, { success });
}

function remove(connection: Connection, { key, rangeEnd }: Delete): Changed {
  const range = { key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) };
  return connection.call(METHODS.KV.DeleteRange, range);
}

/** What a member answers to HashKV, as text: the three numbers, or the refusal. */
export async function askHash(connection: Connection, revision: number): Promise<string> {
  try {
    const reply = await connection.call(METHODS.Maintenance.HashKV, { revision });
    return `hash ${reply.hash} compacted ${reply.compactRevision} at ${reply.hashRevision}`;
  } catch (error) {
    if (error instanceof RpcFailure) return `${error.code} ${error.message}`;
    throw error;
  }
}

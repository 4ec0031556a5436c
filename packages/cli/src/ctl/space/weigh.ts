import type { Client, Version } from "@nodetcd/client";

/** Bytes and numbers of keys and of versions of them. Bytes are those of keys and values, without what the file adds. */
export interface Weight {
  /** Keys that are there, and the bytes of their newest versions. */
  keys: number;
  liveBytes: number;
  /** Older versions that are still readable, deletions too. */
  oldVersions: number;
  oldBytes: number;
}

export interface Weighed {
  /** By the first `depth` parts of the key between separators. */
  readonly prefixes: ReadonlyMap<string, Weight>;
  readonly total: Weight;
  /** What a compaction at the revision that was asked for would drop. */
  readonly dropped: { readonly versions: number; readonly bytes: number };
}

export interface WeighOptions {
  /** The compaction that is reckoned with; 0 for none. */
  readonly at: number;
  readonly separator: string;
  readonly depth: number;
  readonly signal: AbortSignal;
}

/** The newest version of a key so far. */
interface Newest {
  readonly bytes: number;
  readonly revision: number;
  readonly isDeleted: boolean;
}

/** Reads every version that is readable once, over the network; holds a number for each key. */
export async function weigh(client: Client, options: WeighOptions): Promise<Weighed> {
  const { at, signal } = options;
  const newest = new Map<string, Newest>();
  const prefixes = new Map<string, Weight>();
  const dropped = { versions: 0, bytes: 0 };
  const drop = ({ bytes }: Newest): void => {
    dropped.versions++;
    dropped.bytes += bytes;
  };
  for await (const version of client.history("", { prefix: true, signal })) {
    const { key } = version.keyValue;
    const name = Buffer.from(key).toString("latin1");
    const weight = weightOf(prefixes, prefixOf(name, options));
    const before = newest.get(name);
    if (before !== undefined) {
      addOld(weight, before);
      // A compaction keeps the newest version at or below it, unless that is a deletion.
      if (version.revision <= at) drop(before);
      else if (before.isDeleted && before.revision <= at) drop(before);
    }
    newest.set(name, newestOf(version));
  }
  for (const [name, last] of newest) {
    const weight = weightOf(prefixes, prefixOf(name, options));
    if (last.isDeleted) {
      addOld(weight, last);
      if (last.revision <= at) drop(last);
      continue;
    }
    weight.keys++;
    weight.liveBytes += last.bytes;
  }
  return { prefixes, total: totalOf(prefixes.values()), dropped };
}

function newestOf({ kind, revision, keyValue: { key, value } }: Version): Newest {
  return { bytes: key.length + value.length, revision, isDeleted: kind === "delete" };
}

function addOld(weight: Weight, { bytes }: Newest): void {
  weight.oldVersions++;
  weight.oldBytes += bytes;
}

/** With its last separator; the whole key where there are no more. */
function prefixOf(name: string, { separator, depth }: WeighOptions): string {
  let end = 0;
  for (let part = 0; part < depth; part++) {
    // A key that begins with the separator has a first part all the same.
    const found = name.indexOf(separator, end === 0 ? 1 : end);
    if (found < 0) return end === 0 ? "" : name.slice(0, end);
    end = found + separator.length;
  }
  return name.slice(0, end);
}

function weightOf(prefixes: Map<string, Weight>, prefix: string): Weight {
  let weight = prefixes.get(prefix);
  if (weight === undefined) {
    weight = { keys: 0, liveBytes: 0, oldVersions: 0, oldBytes: 0 };
    prefixes.set(prefix, weight);
  }
  return weight;
}

function totalOf(weights: Iterable<Weight>): Weight {
  const total = { keys: 0, liveBytes: 0, oldVersions: 0, oldBytes: 0 };
  for (const weight of weights) {
    total.keys += weight.keys;
    total.liveBytes += weight.liveBytes;
    total.oldVersions += weight.oldVersions;
    total.oldBytes += weight.oldBytes;
  }
  return total;
}

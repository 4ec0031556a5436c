import { SeededRandom } from "@nodetcd/simulator";

/** A bucket as the program knows it; `dirty`: changed by the open transaction, or something in it is. */
interface Model {
  readonly buckets: Map<string, Model>;
  readonly keys: Set<string>;
  dirty: boolean;
}

/** A bucket that the program has in hand, by a name, and what it knows of it. */
interface Handle {
  readonly name: string;
  readonly model: Model;
  readonly above: Handle | undefined;
}

const NAMES = ["a", "b", "c", "d", "-", "97*300", "98*32769"];
const KEYS = [
  "a",
  "b",
  "k1",
  "k2",
  "k3",
  "k4",
  "k5",
  "-",
  "97*200",
  "97*2000",
  "98*32768",
  "98*32769",
];
const VALUES = ["-", "v", "119*100", "120*900", "121*5000"];
const CALLS = ["ok", "error", "panic", "emptykey"];
const OPTIONS = ["", "hashmap", "noFreelistSync", "strict", "noGrowSync"];
const TRANSACTIONS = 12;
const STEPS = 30;

/**
 * A program over one file: write transactions one after the other, read transactions beside them,
 * every call with right and wrong arguments. What bbolt leaves undefined is not in it: cursors after a
 * change, handles of removed or moved buckets; nor what it does not do well: moves of buckets changed in
 * the same transaction (changes are lost), removal of such buckets with others in them (pages are lost).
 */
export function randomProgram(seed: number): string[] {
  const program = new Program(seed);
  for (let i = 0; i < TRANSACTIONS; i++) program.round();
  program.compact();
  return program.lines.map((line) => line.trim());
}

class Program {
  readonly lines: string[] = [];
  readonly #random: SeededRandom;
  #committed = emptyModel();
  #names = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#say("open d", this.#pick([...OPTIONS, "pageSize=1024"]));
  }

  /** A write transaction, and what may be before, beside and after it. */
  round(): void {
    if (this.#oneIn(4)) {
      this.#say("close d");
      this.#say("open d", this.#pick(OPTIONS));
    }
    if (this.#oneIn(4)) this.#batch();
    const reader = this.#oneIn(2) ? this.#newName() : undefined;
    if (reader !== undefined) this.#say("begin", reader, "d r");
    this.#writeTransaction();
    if (reader !== undefined) this.#readTransaction(reader);
    if (this.#oneIn(3)) this.#say("check d");
  }

  compact(): void {
    this.#say("dump d");
    this.#say("check d");
    this.#say("open compacted");
    this.#say("compact compacted d", this.#pick([0, 1, 5000, 65_536]));
    this.#say("dump compacted");
    this.#say("check compacted");
  }

  #batch(): void {
    const kinds = Array.from({ length: 3 }, () => this.#pick(CALLS));
    this.#say("batch d", kinds.join(","));
    if (!kinds.includes("ok")) return;
    const batch = this.#committed.buckets.get("batch") ?? emptyModel();
    this.#committed.buckets.set("batch", batch);
    for (const [at, kind] of kinds.entries()) if (kind === "ok") batch.keys.add(`k${at}`);
  }

  #writeTransaction(): void {
    const tx = this.#newName();
    const model = copyModel(this.#committed);
    let handles: readonly Handle[] = [{ name: tx, model, above: undefined }];
    this.#say("begin", tx, "d w");
    for (let step = this.#random.below(STEPS); step > 0; step--) {
      const handle = this.#pick(handles);
      if (handle.above === undefined || this.#oneIn(3)) {
        handles = this.#changeBuckets(tx, handles, handle);
      } else this.#changeValues(handle);
    }
    if (this.#oneIn(5)) this.#say("rollback", tx);
    else {
      this.#say("commit", tx);
      this.#committed = model;
    }
  }

  /** Returns the handles that are good afterwards. */
  #changeBuckets(tx: string, handles: readonly Handle[], parent: Handle): readonly Handle[] {
    const { buckets } = parent.model;
    const known = this.#oneIn(2) && buckets.size > 0;
    const name = this.#pick(known ? [...buckets.keys()] : NAMES);
    const what = this.#random.below(10);
    // In a bucket with nothing in it bbolt takes the empty name for a value's.
    if (what < 5) return this.#openBucket(handles, parent, name);
    if (what === 5 && name !== "-") return this.#drop(handles, parent, name);
    if (what === 6 && name !== "-") return this.#move(tx, handles, parent, name);
    if (what === 7) this.#say("inspect", parent.name);
    if (what === 8) this.#say("foreach", parent.name);
    if (what === 9) this.#walk(parent.name, [...buckets.keys(), ...NAMES]);
    return handles;
  }

  #openBucket(handles: readonly Handle[], parent: Handle, name: string): readonly Handle[] {
    const { buckets, keys } = parent.model;
    const handle = this.#newName();
    const command = this.#pick(["bucket", "create", "createif"]);
    this.#say(command, handle, parent.name, name);
    const made = command !== "bucket" && name !== "-" && !buckets.has(name) && !keys.has(name);
    if (made) {
      buckets.set(name, emptyModel());
      touch(parent);
    }
    const model = buckets.get(name);
    if (model === undefined || (command === "create" && !made)) return handles;
    return [...handles, { name: handle, model, above: parent }];
  }

  #drop(handles: readonly Handle[], parent: Handle, name: string): readonly Handle[] {
    const gone = parent.model.buckets.get(name);
    if (gone?.dirty === true && gone.buckets.size > 0) return handles;
    this.#say("drop", parent.name, name);
    if (gone === undefined) return handles;
    parent.model.buckets.delete(name);
    touch(parent);
    return without(handles, gone);
  }

  #move(tx: string, handles: readonly Handle[], parent: Handle, name: string): readonly Handle[] {
    const child = parent.model.buckets.get(name);
    const to = this.#pick(handles);
    if (child?.dirty === true || isBelow(to, child)) return handles;
    const [from, target] = [parent, to].map((at) => (at.above === undefined ? "-" : at.name));
    this.#say("move", tx, name, from!, target!);
    const taken = to.model.buckets.has(name) || to.model.keys.has(name);
    if (child === undefined || to.model === parent.model || taken) return handles;
    parent.model.buckets.delete(name);
    to.model.buckets.set(name, child);
    touch(parent);
    touch(to);
    return without(handles, child);
  }

  #changeValues(handle: Handle): void {
    const { name, model } = handle;
    const known = this.#oneIn(3) && model.keys.size > 0;
    const key = this.#pick(known ? [...model.keys] : KEYS);
    const what = this.#random.below(12);
    if (what < 5) {
      this.#say("put", name, key, this.#pick(VALUES));
      if (key === "-" || key === "98*32769" || model.buckets.has(key)) return;
      model.keys.add(key);
    } else if (what < 7) {
      this.#say("delete", name, key);
      model.keys.delete(key);
    } else if (what === 7) this.#say("nextsequence", name);
    else if (what === 8) this.#say("setsequence", name, this.#random.below(1000));
    else {
      if (what === 9) this.#say("get", name, key);
      if (what === 10) this.#say("fill", name, this.#pick([0, 0.3, 0.9, 1, 2]));
      if (what === 11) this.#walk(name, KEYS);
      return;
    }
    touch(handle);
  }

  #readTransaction(tx: string): void {
    const name = this.#pick(NAMES);
    this.#say("foreach", tx);
    this.#say("inspect", tx);
    this.#say("bucket", this.#newName(), tx, name);
    this.#say("drop", tx, name);
    this.#say("create", this.#newName(), tx, "new");
    this.#walk(tx, NAMES, ["next", "prev"]);
    // A read transaction is not committed: it is open still.
    if (this.#oneIn(2)) this.#say("commit", tx);
    this.#say("rollback", tx);
  }

  /**
   * A cursor of its own, put somewhere and moved. In a write transaction one way only, because bbolt
   * forgets where it was at the end when the last leaves are empty, and not from the last, where it
   * never comes back when all are.
   */
  #walk(parent: string, keys: readonly string[], ways?: readonly string[]): void {
    const cursor = this.#newName();
    this.#say("cursor", cursor, parent);
    const start = this.#pick(ways === undefined ? ["first", "seek"] : ["first", "last", "seek"]);
    this.#say(start, cursor, start === "seek" ? this.#pick(keys) : "");
    const moves = ways ?? [this.#pick(["next", "prev"])];
    for (let i = this.#random.below(8); i > 0; i--) this.#say(this.#pick(moves), cursor);
  }

  #say(...words: (string | number)[]): void {
    this.lines.push(words.join(" "));
  }

  #newName(): string {
    return `h${this.#names++}`;
  }

  #pick<T>(from: readonly T[]): T {
    return this.#random.pick(from);
  }

  #oneIn(bound: number): boolean {
    return this.#random.below(bound) === 0;
  }
}

function emptyModel(): Model {
  return { buckets: new Map(), keys: new Set(), dirty: false };
}

function copyModel(model: Model): Model {
  const buckets = [...model.buckets].map(([name, child]) => [name, copyModel(child)] as const);
  return { buckets: new Map(buckets), keys: new Set(model.keys), dirty: false };
}

/** A bucket has changed, and with it those that it is in. */
function touch(handle: Handle): void {
  for (let at: Handle | undefined = handle; at !== undefined; at = at.above) at.model.dirty = true;
}

function isBelow(handle: Handle, model: Model | undefined): boolean {
  for (let at: Handle | undefined = handle; at !== undefined; at = at.above) {
    if (at.model === model) return true;
  }
  return false;
}

function without(handles: readonly Handle[], gone: Model): Handle[] {
  return handles.filter((handle) => !isBelow(handle, gone));
}

/**
 * Is what clients were told one history? A member gives every write a revision of its own, and says with each
 * answer at which revision it was given, so that the order of a linearizable history is known:
 * writes by their revisions, each read behind the write whose revision it names. What is left to check, for
 * any number of keys, is that
 *
 * 1. this order does not contradict time: what was answered before another call began has no later revision;
 * 2. every answer is what the history has at its revision;
 * 3. the history has all that was acknowledged, and nothing that nobody asked for.
 *
 * The history is what a watch of all keys told.
 */

/** A change of one key; no value: deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
}

export interface Pair {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
}

/** What an answer showed of a range; `end` exclusive, "" for the one key. */
export interface Shown {
  readonly key: string;
  readonly end: string;
  readonly pairs: readonly Pair[];
}

/** One call of a client. */
export interface Operation {
  /** Which client through which member, for people. */
  readonly by: string;
  readonly start: number;
  /** Infinity: never answered; a write may happen at any time after `start`, or never. */
  readonly end: number;
  /** Of the answer; 0 without one. */
  readonly revision: number;
  /** What it asked to change and did, or may have done; empty: a read. */
  readonly changes: readonly Change[];
  readonly shown: readonly Shown[];
  /** The last change of a key that it compared with (0: none), and whether they were equal. */
  readonly compared?: {
    readonly key: string;
    readonly modRevision: number;
    readonly holds: boolean;
  };
  /** It may be told of the past. */
  readonly isSerializable: boolean;
  /** What it puts may go by itself. */
  readonly isLeased: boolean;
}

interface Version {
  readonly revision: number;
  readonly value: string | undefined;
}

export class Timeline {
  readonly #versions = new Map<string, Version[]>();
  readonly #changes = new Map<number, readonly Change[]>();
  /** Writes without an answer: the value, or the key of a deletion, names them. */
  readonly #unanswered = new Map<string, Operation[]>();
  readonly #leased = new Set<string>();
  /** Newest revision that an answer before the operations to come has named. */
  #floor = 1;
  #checked = 1;
  /** The history is known up to here. */
  revision = 1;

  /** The next change of the history, in order. */
  add(revision: number, changes: readonly Change[]): void {
    if (revision !== this.revision + 1) {
      throw new RangeError(`revision ${revision} cannot follow ${this.revision}`);
    }
    this.revision = revision;
    this.#changes.set(revision, changes);
    for (const { key, value } of changes) {
      const versions = this.#versions.get(key) ?? [];
      versions.push({ revision, value });
      this.#versions.set(key, versions);
    }
  }

  /** Everything that is there at the newest revision, by key. */
  pairs(): Map<string, Pair> {
    const pairs = new Map<string, Pair>();
    for (const key of this.#versions.keys()) {
      const version = this.#at(key, this.revision);
      if (version?.value === undefined) continue;
      pairs.set(key, { key, value: version.value, modRevision: version.revision });
    }
    return pairs;
  }

  /**
   * Holds operations to the history; the history must be known up to all of them, and all that began before are
   * given in this call or were in an earlier one. Returns what is wrong, in words.
   */
  check(operations: readonly Operation[]): string[] {
    const faults: string[] = [];
    const floors = this.#floorsOf(operations);
    const authors = new Map<number, Operation>();
    for (const operation of operations) {
      this.#remember(operation);
      if (operation.end === Infinity) continue;
      const floor = floors.get(operation)!;
      const isWrite = operation.changes.length > 0;
      if (!operation.isSerializable && operation.revision < floor + Number(isWrite)) {
        faults.push(`${show(operation)}: revision ${floor} was known before it began`);
      }
      if (isWrite) faults.push(...this.#checkWrite(operation, authors));
      faults.push(...this.#checkShown(operation, isWrite));
    }
    for (let revision = this.#checked + 1; revision <= this.revision; revision++) {
      if (!authors.has(revision)) faults.push(...this.#checkUnclaimed(revision, floors));
    }
    this.#checked = this.revision;
    return faults;
  }

  /** For each operation: the newest revision that anybody had been told of when it began. */
  #floorsOf(operations: readonly Operation[]): Map<Operation, number> {
    const ends = operations.filter(({ end }) => end < Infinity).toSorted((a, b) => a.end - b.end);
    const floors = new Map<Operation, number>();
    let next = 0;
    for (const operation of operations.toSorted((a, b) => a.start - b.start)) {
      for (; next < ends.length && ends[next]!.end < operation.start; next++) {
        this.#floor = Math.max(this.#floor, ends[next]!.revision);
      }
      floors.set(operation, this.#floor);
    }
    for (; next < ends.length; next++) this.#floor = Math.max(this.#floor, ends[next]!.revision);
    return floors;
  }

  #remember(operation: Operation): void {
    for (const { value } of operation.changes) {
      if (operation.isLeased && value !== undefined) this.#leased.add(value);
    }
    if (operation.end < Infinity || operation.changes.length === 0) return;
    const name = nameOf(operation.changes);
    this.#unanswered.set(name, [...(this.#unanswered.get(name) ?? []), operation]);
  }

  #checkWrite(operation: Operation, authors: Map<number, Operation>): string[] {
    const { revision, changes } = operation;
    const before = authors.get(revision);
    authors.set(revision, operation);
    if (before !== undefined) return [`${show(operation)} has the revision of ${show(before)}`];
    const found = this.#changes.get(revision);
    return isSame(found, changes) ? [] : [`${show(operation)}: the history has ${list(found)}`];
  }

  /** Answers show what was there: of a write that compared, before it. */
  #checkShown(operation: Operation, isWrite: boolean): string[] {
    const faults: string[] = [];
    const { compared } = operation;
    if (compared !== undefined) {
      const version = this.#at(compared.key, operation.revision - Number(isWrite));
      const modRevision = version?.value === undefined ? 0 : version.revision;
      if ((modRevision === compared.modRevision) !== compared.holds) {
        faults.push(`${show(operation)}: ${compared.key} was of ${modRevision}`);
      }
    }
    for (const { key, end, pairs } of operation.shown) {
      const due = this.#range(key, end, operation.revision);
      const told = pairs.map(nameOfPair).join(" ");
      if (due !== told)
        faults.push(`${show(operation)} was told ${told || "nothing"}, not ${due || "nothing"}`);
    }
    return faults;
  }

  /**
   * A revision that no answer named: the end of a lease, or of a write without an answer. What a lease explains uses up no such
   * write, which may come later.
   */
  #checkUnclaimed(revision: number, floors: ReadonlyMap<Operation, number>): string[] {
    const changes = this.#changes.get(revision)!;
    const isLeaseEnd = changes.every(({ key, value }) => {
      const before = this.#at(key, revision - 1)?.value;
      return value === undefined && before !== undefined && this.#leased.has(before);
    });
    if (isLeaseEnd) return [];
    const candidates = this.#unanswered.get(nameOf(changes)) ?? [];
    // Of writes that began in an earlier call nobody knows the floor any more; it was below all of this.
    const author = candidates.findIndex(
      (each) => (floors.get(each) ?? 0) < revision && isSame(each.changes, changes),
    );
    if (author < 0) return [`revision ${revision}, ${list(changes)}: nobody asked for it`];
    candidates.splice(author, 1);
    return [];
  }

  #range(from: string, end: string, revision: number): string {
    const keys =
      end === ""
        ? [from]
        : [...this.#versions.keys()].filter((key) => key >= from && key < end).toSorted();
    const pairs = keys.flatMap((key) => {
      const version = this.#at(key, revision);
      if (version?.value === undefined) return [];
      return [nameOfPair({ key, value: version.value, modRevision: version.revision })];
    });
    return pairs.join(" ");
  }

  #at(key: string, revision: number): Version | undefined {
    return this.#versions.get(key)?.findLast((version) => version.revision <= revision);
  }
}

/** Values never repeat, so that the first names its write; deletions are named by their key. */
function nameOf(changes: readonly Change[]): string {
  return changes[0]?.value ?? `deletion of ${changes[0]?.key}`;
}

function nameOfPair({ key, value, modRevision }: Pair): string {
  return `${key}=${value}@${modRevision}`;
}

export function isSame(one: readonly Change[] | undefined, other: readonly Change[]): boolean {
  return (
    one?.length === other.length &&
    one.every(({ key, value }, i) => key === other[i]!.key && value === other[i]!.value)
  );
}

function list(changes: readonly Change[] | undefined): string {
  if (changes === undefined) return "nothing";
  return changes.map(({ key, value }) => `${key}=${value ?? "deleted"}`).join(" ");
}

function show({ by, start, end, revision, changes, shown }: Operation): string {
  const what = changes.length > 0 ? list(changes) : `read of ${shown[0]?.key ?? "a key"}`;
  return `${what} by ${by}, ${start.toFixed(1)} to ${end.toFixed(1)}, revision ${revision}`;
}

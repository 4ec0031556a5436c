/** Random programs of etcd calls, as data: the same program can be run on any server, and cut down. */
import { Seeded } from "../seeded.ts";

/** A revision that is known only when the program runs. */
export interface RevisionRef {
  readonly from: "current" | "compacted" | "zero";
  readonly by: number;
}

/** A lease: by an id that the program chose, or by the place of a grant that the server named. */
export type LeaseRef = { readonly id: number } | { readonly slot: number };

export interface RangeSpec {
  readonly key: string;
  readonly end: string;
  readonly limit: number;
  readonly revision: RevisionRef;
  readonly sortOrder: number;
  readonly sortTarget: number;
  readonly serializable: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  /** min mod, max mod, min create, max create */
  readonly bounds: readonly RevisionRef[];
}

export interface PutSpec {
  readonly key: string;
  readonly value: string;
  readonly lease: LeaseRef | undefined;
  readonly prevKv: boolean;
  readonly ignoreValue: boolean;
  readonly ignoreLease: boolean;
}

export interface DeleteSpec {
  readonly key: string;
  readonly end: string;
  readonly prevKv: boolean;
}

export interface CompareSpec {
  readonly key: string;
  readonly end: string;
  readonly result: number;
  readonly target: number;
  /** Which of the union's members is set; usually that of `target`. -1: none. */
  readonly given: number;
  readonly count: number;
  readonly revision: RevisionRef;
  readonly value: string;
  readonly lease: LeaseRef;
}

export type Operation =
  | { readonly kind: "range"; readonly spec: RangeSpec }
  | { readonly kind: "put"; readonly spec: PutSpec }
  | { readonly kind: "delete"; readonly spec: DeleteSpec }
  | { readonly kind: "txn"; readonly spec: TxnSpec }
  | { readonly kind: "nothing" };

export interface TxnSpec {
  readonly compares: readonly CompareSpec[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export interface WatchSpec {
  readonly stream: number;
  readonly key: string;
  readonly end: string;
  readonly start: RevisionRef;
  readonly filters: readonly number[];
  readonly prevKv: boolean;
  readonly fragment: boolean;
  readonly watchId: number;
}

/** Keys that are put and all deleted again, more than a turn of nodetcd's loop deletes. */
export interface CrowdSpec {
  readonly keys: number;
  readonly deletedBy: "range" | "range with pairs" | "lease" | "txn";
}

/** Those who call in a program with users; `nobody` gives no token. */
export const USERS = ["root", "both", "writer", "reader"] as const;
export type User = (typeof USERS)[number] | "nobody";
/** What changes users and their rights; root does it. */
export type AuthStep =
  | { readonly act: "set up" | "enable" | "disable" }
  | { readonly act: "log in" | "change password"; readonly user: User }
  | { readonly act: "grant role" | "revoke role"; readonly user: User; readonly role: User }
  | {
      readonly act: "grant" | "revoke";
      readonly role: User;
      readonly type: number;
      readonly key: string;
      readonly end: string;
    };

export type Step =
  | { readonly kind: "as"; readonly user: User; readonly step: Step }
  | { readonly kind: "auth"; readonly step: AuthStep }
  | Exclude<Operation, { kind: "nothing" }>
  | { readonly kind: "range-stream"; readonly spec: RangeSpec }
  | { readonly kind: "compact"; readonly revision: RevisionRef; readonly physical: boolean }
  | { readonly kind: "grant"; readonly lease: LeaseRef; readonly ttl: number }
  | { readonly kind: "revoke"; readonly lease: LeaseRef }
  | { readonly kind: "keep-alive"; readonly lease: LeaseRef }
  | { readonly kind: "time-to-live"; readonly lease: LeaseRef; readonly keys: boolean }
  | { readonly kind: "leases" }
  | { readonly kind: "watch"; readonly spec: WatchSpec }
  | { readonly kind: "cancel"; readonly stream: number; readonly watchId: number }
  | { readonly kind: "crowd"; readonly spec: CrowdSpec }
  | { readonly kind: "settle" }
  | { readonly kind: "hash"; readonly revision: RevisionRef };

export interface ProgramOptions {
  readonly steps: number;
  /** Let the server choose lease ids in some grants. Hashes are left out then: they hold the ids. */
  readonly serverLeaseIds: boolean;
  /** RangeStream (etcd 3.7). */
  readonly rangeStream: boolean;
  /** HashKV by revision as etcd 3.6 and later compute it. */
  readonly hash: boolean;
  /** Sort options that do not exist; before 3.5 they were refused only in a branch that was taken. */
  readonly invalidSorts: boolean;
  /** Users of different rights, authentication on and off. */
  readonly users?: boolean;
}

/** Watch streams that a program uses. */
export const STREAMS = 3;
const LEASE_IDS = 8;
/** Steps between two crowds, which take as long as some hundred others. */
const CROWD_EVERY = 400;
/**
 * With the key that a run adds, twelve: up to as many Go's sort keeps what compares equal in order,
 * beyond that the order of equals (of VERSION, VALUE, ...) is an accident of its quicksort.
 */
const KEYS = ["a", "aa", "ab", "abc", "b", "b0", "c", "d", "d\0", "ü", "zz"];
const ENDS = ["", "", "", "", "\0", "b", "c", "e", "zzz", "a"];

export function writeProgram(seed: number, options: ProgramOptions): Step[] {
  const random = new Seeded(seed);
  const steps: Step[] = [];
  if (options.users === true) steps.push({ kind: "auth", step: { act: "set up" } });
  for (let i = 0; i < options.steps; i++) {
    if (options.users === true && random.chance(8)) {
      steps.push({ kind: "auth", step: writeAuth(random) });
    }
    const step = writeStep(random, options);
    if (options.users !== true) steps.push(step);
    else steps.push({ kind: "as", user: writeUser(random), step: forwards(step) });
    if (step.kind === "compact") {
      const looks = lookAtCompaction(random, options);
      steps.push(...(options.users === true ? looks.map(asRoot) : looks));
    }
    if (i % CROWD_EVERY === CROWD_EVERY / 2)
      steps.push({ kind: "crowd", spec: writeCrowd(random) });
    if (i % 100 === 99) steps.push({ kind: "settle" });
  }
  steps.push({ kind: "settle" });
  if (options.hash && !options.serverLeaseIds) {
    const hash: Step = { kind: "hash", revision: { from: "current", by: 0 } };
    steps.push(options.users === true ? asRoot(hash) : hash);
  }
  return steps;
}

const asRoot = (step: Step): Step => ({ kind: "as", user: "root", step });

/** The edge of a compaction: what is kept of the very revision, deletes above all. */
function lookAtCompaction(random: Seeded, options: ProgramOptions): Step[] {
  const steps: Step[] = [];
  if (options.hash && !options.serverLeaseIds) {
    steps.push({ kind: "hash", revision: { from: "compacted", by: random.below(2) } });
  }
  if (random.chance(50)) {
    const start: RevisionRef = { from: "compacted", by: 0 };
    steps.push({ kind: "watch", spec: { ...writeWatch(random), end: "\0", start } });
  }
  return steps;
}

/**
 * Without ranges that end before they begin: who may ask for such a one depends in etcd on the shape of a tree of intervals
 * (the answer holds nothing).
 */
function forwards(step: Step): Step {
  const text = JSON.stringify(step, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || !("key" in value) || !("end" in value)) {
      return value;
    }
    const { key, end } = value as { key: string; end: string };
    return end !== "" && end !== "\0" && end <= key ? { ...value, end: "" } : value;
  });
  return JSON.parse(text) as Step;
}

function writeUser(random: Seeded): User {
  return random.weighted({ root: 25, both: 30, writer: 20, reader: 20, nobody: 5 });
}

function writeAuth(random: Seeded): AuthStep {
  const act = random.weighted({
    enable: 4,
    disable: 1,
    "log in": 12,
    "change password": 2,
    "grant role": 5,
    "revoke role": 2,
    grant: 8,
    revoke: 4,
  });
  const [user, role] = [random.pick(USERS), random.pick(USERS)];
  switch (act) {
    case "enable":
    case "disable":
      return { act };
    case "log in":
    case "change password":
      return { act, user };
    case "grant role":
    case "revoke role":
      return { act, user, role: role === "root" ? user : role };
    case "grant":
    case "revoke": {
      const key = writeKey(random);
      const end = random.chance(30) ? writeEnd(random, key) : random.pick(ENDS);
      return { act, role, type: random.below(3), key, end };
    }
  }
}

function writeStep(random: Seeded, options: ProgramOptions): Step {
  const kind = random.weighted({
    put: 30,
    range: 20,
    delete: 8,
    txn: 20,
    "range-stream": options.rangeStream ? 4 : 0,
    compact: 2,
    grant: 4,
    revoke: 2,
    "keep-alive": 2,
    "time-to-live": 3,
    leases: 1,
    watch: 4,
    cancel: 2,
    hash: options.hash && !options.serverLeaseIds ? 2 : 0,
  });
  switch (kind) {
    case "put":
      return { kind, spec: writePut(random, options, true) };
    case "range":
    case "range-stream":
      return { kind, spec: writeRange(random, options) };
    case "delete":
      return { kind, spec: writeDelete(random) };
    case "txn":
      return { kind, spec: writeTxn(random, options, 2, random.chance(30)) };
    case "compact":
      return {
        kind,
        revision: writeCompactRevision(random),
        physical: isPhysical(random, options),
      };
    case "grant":
      return {
        kind,
        lease: writeLease(random, options),
        ttl: random.chance(90)
          ? random.between(6, 500) * 100
          : random.pick([9_000_000_000, 9_000_000_001, 2 ** 50]),
      };
    case "revoke":
    case "keep-alive":
      return { kind, lease: writeLease(random, options) };
    case "time-to-live":
      return { kind, lease: writeLease(random, options), keys: random.chance(60) };
    case "leases":
      return { kind };
    case "watch":
      return { kind, spec: writeWatch(random) };
    case "cancel":
      return { kind, stream: random.below(STREAMS), watchId: random.below(6) };
    case "hash":
      return { kind, revision: writeHashRevision(random) };
  }
}

function writeCrowd(random: Seeded): CrowdSpec {
  const deletedBy = random.pick(["range", "range with pairs", "lease", "txn"] as const);
  return { keys: random.between(900, 3_500), deletedBy };
}

function writeKey(random: Seeded): string {
  return random.chance(1) ? "" : random.pick(KEYS);
}

function writeEnd(random: Seeded, key: string): string {
  if (random.chance(60)) return "";
  if (random.chance(40))
    return key.slice(0, -1) + String.fromCharCode(key.charCodeAt(key.length - 1) + 1);
  return random.pick(ENDS);
}

function writeRevision(random: Seeded, currentPercent: number): RevisionRef {
  if (random.chance(currentPercent)) return { from: "zero", by: 0 };
  const kind = random.below(100);
  if (kind < 60) return { from: "current", by: -random.below(30) };
  if (kind < 80) return { from: "compacted", by: random.between(-2, 4) };
  if (kind < 90) return { from: "zero", by: random.between(1, 10) };
  if (kind < 97) return { from: "current", by: 1 };
  return random.pick([
    { from: "zero", by: -1 },
    { from: "current", by: 100_000 },
  ]);
}

function writePast(random: Seeded): RevisionRef {
  const ref = writeRevision(random, 40);
  return ref.from === "current" && ref.by > 0 ? { from: "zero", by: 0 } : ref;
}

/** Not -1: what etcd makes of a negative revision here has no meaning. */
function writeHashRevision(random: Seeded): RevisionRef {
  const ref = writeRevision(random, 50);
  return ref.from === "zero" && ref.by < 0 ? { from: "zero", by: 0 } : ref;
}

/**
 * While a compaction goes on in the background etcd's hash may depend on how far it is: at its very
 * revision, and where it keeps nothing. So programs with hashes wait for each.
 */
function isPhysical(random: Seeded, options: ProgramOptions): boolean {
  return random.chance(40) || (options.hash && !options.serverLeaseIds);
}

function writeCompactRevision(random: Seeded): RevisionRef {
  const kind = random.below(100);
  if (kind < 45) return { from: "current", by: -random.below(4) };
  if (kind < 85) return { from: "current", by: -random.below(60) };
  if (kind < 95) return { from: "compacted", by: random.between(-1, 1) };
  return { from: "current", by: 5 };
}

function writeLease(random: Seeded, options: ProgramOptions): LeaseRef {
  if (options.serverLeaseIds && random.chance(50)) return { slot: random.below(LEASE_IDS) };
  return { id: random.chance(97) ? 100 + random.below(LEASE_IDS) : 7777 };
}

function writeRange(random: Seeded, options: ProgramOptions): RangeSpec {
  const key = writeKey(random);
  const rare = (percent: number): boolean => random.chance(percent);
  return {
    key: rare(3) ? "\0" : key,
    end: random.chance(50) ? writeEnd(random, key) : "\0",
    limit: rare(40) ? random.between(1, 6) : rare(2) ? -1 : 0,
    revision: writeRevision(random, 60),
    sortOrder: rare(30) ? random.below(3) : options.invalidSorts && rare(1) ? 9 : 0,
    sortTarget: rare(30) ? random.below(5) : options.invalidSorts && rare(1) ? 9 : 0,
    serializable: rare(30),
    keysOnly: rare(15),
    countOnly: rare(15),
    bounds: Array.from({ length: 4 }, () => writeRevision(random, 92)),
  };
}

function writePut(random: Seeded, options: ProgramOptions, ignores: boolean): PutSpec {
  const ignoreValue = ignores && random.chance(6);
  const ignoreLease = ignores && random.chance(6);
  const size = random.chance(3) ? random.between(1000, 20_000) : random.below(12);
  return {
    key: writeKey(random),
    value: ignoreValue && random.chance(90) ? "" : String(random.below(1000)).padEnd(size, "x"),
    lease:
      random.chance(25) && !(ignoreLease && random.chance(90))
        ? writeLease(random, options)
        : undefined,
    prevKv: random.chance(25),
    ignoreValue,
    ignoreLease,
  };
}

function writeDelete(random: Seeded): DeleteSpec {
  const key = writeKey(random);
  return { key, end: writeEnd(random, key), prevKv: random.chance(40) };
}

/**
 * Either with deletes or with puts that keep what is there (`ignores`): real etcd 3.7.1 panics on a
 * put with ignore_lease or ignore_value whose key an earlier operation of the same Txn deleted.
 */
function writeTxn(
  random: Seeded,
  options: ProgramOptions,
  depth: number,
  ignores: boolean,
): TxnSpec {
  const list = <T>(most: number, write: () => T): T[] =>
    Array.from({ length: random.below(most + 1) }, write);
  const operation = (): Operation => writeOperation(random, options, depth, ignores);
  return {
    compares: list(2, () => writeCompare(random, options)),
    success: list(4, operation),
    failure: list(4, operation),
  };
}

function writeOperation(
  random: Seeded,
  options: ProgramOptions,
  depth: number,
  ignores: boolean,
): Operation {
  const kind = random.weighted({
    put: 40,
    range: 25,
    delete: ignores ? 0 : 15,
    txn: depth > 0 ? 12 : 0,
    nothing: 1,
  });
  switch (kind) {
    case "put":
      return { kind, spec: writePut(random, options, ignores) };
    case "range":
      return { kind, spec: keepFromCompaction(writeRange(random, options)) };
    case "delete":
      return { kind, spec: writeDelete(random) };
    case "txn":
      return { kind, spec: writeTxn(random, options, depth - 1, ignores) };
    case "nothing":
      return { kind };
  }
}

/** Real etcd 3.7.1 panics when a Txn that has written reads at the edge of a compaction under way. */
function keepFromCompaction(spec: RangeSpec): RangeSpec {
  const { from, by } = spec.revision;
  return from === "compacted" ? { ...spec, revision: { from, by: Math.max(1, by) } } : spec;
}

function writeCompare(random: Seeded, options: ProgramOptions): CompareSpec {
  const key = writeKey(random);
  const target = random.below(5);
  return {
    key,
    end: random.chance(20) ? writeEnd(random, key) : "",
    result: random.below(4),
    target,
    given: random.chance(97) ? target : random.between(-1, 4),
    count: random.below(4),
    revision: writeRevision(random, 20),
    value: String(random.below(1000)),
    lease: writeLease(random, options),
  };
}

function writeWatch(random: Seeded): WatchSpec {
  const key = writeKey(random);
  return {
    stream: random.below(STREAMS),
    key,
    end: random.chance(40) ? "\0" : writeEnd(random, key),
    start: random.chance(10) ? { from: "current", by: random.between(1, 3) } : writePast(random),
    filters: random.chance(15) ? [random.below(2)] : [],
    prevKv: random.chance(40),
    fragment: random.chance(20),
    watchId: random.chance(8) ? random.between(1, 12) : 0,
  };
}

import type { Rank, Signal } from "../contract/cluster.ts";
import type { MemberSample, Sample } from "../samples/sample.ts";
import { inSteps } from "../samples/series.ts";
import { numberText } from "./words.ts";

const HOUR_MS = 3_600_000;
/** What the small lines of the table show. */
export const RECENT_MS: number = 6 * HOUR_MS;
const RECENT_STEPS = 36;

type Field = Exclude<keyof MemberSample, "id">;

interface SignalKind {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly field: Field;
  /** `level`: the worst member's figure now. `hourly`: how much a counter rose within an hour. */
  readonly how: "level" | "hourly";
  /** At and beyond `look` it is looked at, at and beyond `act` it is acted on. */
  readonly look: number;
  readonly act: number;
  readonly over: string;
  readonly fine: string;
}

/** The signals with their limits; the limits are those that etcd's own documentation names. */
const KINDS: readonly SignalKind[] = [
  {
    id: "lag",
    label: "Raft lag, worst",
    unit: "entries",
    field: "behind",
    how: "level",
    look: 1_000,
    act: 5_000,
    over: "Past 5,000 entries the leader may have to send it the whole database.",
    fine: "Every member has nearly all of the log.",
  },
  {
    id: "fsync",
    label: "WAL fsync p99, worst",
    unit: "ms",
    field: "fsyncMs",
    how: "level",
    look: 10,
    act: 25,
    over: "The disk is slow or shared.",
    fine: "The disk keeps up.",
  },
  {
    id: "commit",
    label: "Backend commit p99, worst",
    unit: "ms",
    field: "commitMs",
    how: "level",
    look: 25,
    act: 100,
    over: "Pages are written slowly: the disk, or a very large database.",
    fine: "Pages are written in time.",
  },
  {
    id: "slow-apply",
    label: "Slow applies",
    unit: "/ h",
    field: "slowApply",
    how: "hourly",
    look: 10,
    act: 1_000,
    over: "Requests took more than 100 ms to apply. Very large ranges do that, and slow disks.",
    fine: "Requests are applied within 100 ms.",
  },
  {
    id: "slow-read",
    label: "Slow read indexes",
    unit: "/ h",
    field: "slowRead",
    how: "hourly",
    look: 10,
    act: 1_000,
    over: "Linearizable reads waited for the leader.",
    fine: "Linearizable reads do not wait.",
  },
  {
    id: "leader-changes",
    label: "Leader changes",
    unit: "/ h",
    field: "leaderChanges",
    how: "hourly",
    look: 2,
    act: 4,
    over: "Elections: heartbeats arrive late. Look at the disk and the network of the leader.",
    fine: "The leader stays.",
  },
  {
    id: "failed-proposals",
    label: "Failed proposals",
    unit: "/ h",
    field: "failedProposals",
    how: "hourly",
    look: 5,
    act: 100,
    over: "Writes were given up, mostly because a leader was missing.",
    fine: "Every write found its leader.",
  },
  {
    id: "heartbeats",
    label: "Late heartbeats",
    unit: "/ h",
    field: "heartbeatFailures",
    how: "hourly",
    look: 5,
    act: 100,
    over: "The leader is too busy to send heartbeats in time: processor or disk.",
    fine: "Heartbeats leave in time.",
  },
  {
    id: "peer-rtt",
    label: "Peer round trip p99",
    unit: "ms",
    field: "peerMs",
    how: "level",
    look: 50,
    act: 250,
    over: "Members are far apart. The election timeout should be ten round trips at least.",
    fine: "Members are close to each other.",
  },
  {
    id: "slow-watchers",
    label: "Slow watchers",
    unit: "",
    field: "slowWatchers",
    how: "level",
    look: 1,
    act: 1_000,
    over: "Watchers are behind. A compaction past where they are would cut them off.",
    fine: "Every watcher is up to date.",
  },
];

function worst(sample: Sample | undefined, field: Field): [number, MemberSample] | undefined {
  let found: [number, MemberSample] | undefined;
  for (const member of sample?.members ?? []) {
    const value = member[field];
    if (value !== undefined && (found === undefined || value > found[0])) found = [value, member];
  }
  return found;
}

/** How much each member's counter rose since an hour ago; a restart begins at 0 again. */
function risen(
  last: Sample,
  before: Sample | undefined,
  field: Field,
): [number, MemberSample] | undefined {
  let found: [number, MemberSample] | undefined;
  for (const member of last.members) {
    const now = member[field];
    if (now === undefined) continue;
    const then = before?.members.find(({ id }) => id === member.id)?.[field] ?? now;
    const rise = now >= then ? now - then : now;
    if (found === undefined || rise > found[0]) found = [rise, member];
  }
  return found;
}

function rankOf(value: number, kind: SignalKind): Rank {
  return value >= kind.act ? "act" : value >= kind.look ? "look" : "fine";
}

/** All signals, worst first; `names` gives members their names. */
export function signals(samples: readonly Sample[], names: ReadonlyMap<string, string>): Signal[] {
  const last = samples.at(-1);
  if (last === undefined) return [];
  const recent = samples.filter(({ at }) => last.at - at <= RECENT_MS);
  const hourAgo = recent.find(({ at }) => last.at - at <= HOUR_MS);
  const order: Record<Rank, number> = { act: 0, look: 1, fine: 2 };
  const all = KINDS.map((kind) => signal(kind, { last, hourAgo, recent, names }));
  all.push(writes(last, recent));
  return all.toSorted((a, b) => order[a.rank] - order[b.rank]);
}

interface Past {
  readonly last: Sample;
  readonly hourAgo: Sample | undefined;
  readonly recent: readonly Sample[];
  readonly names: ReadonlyMap<string, string>;
}

function signal(kind: SignalKind, { last, hourAgo, recent, names }: Past): Signal {
  const { id, label, unit, field } = kind;
  const found = kind.how === "level" ? worst(last, field) : risen(last, hourAgo, field);
  const steps = inSteps(
    recent,
    last.at - RECENT_MS,
    last.at + 1,
    RECENT_STEPS,
    (sample) => worst(sample, field)?.[0],
  );
  const base = { id, label, unit, limit: kind.look };
  if (found === undefined) {
    return { ...base, rank: "fine", text: "Not told by any member.", recent: steps };
  }
  const [value, member] = found;
  const rank = rankOf(value, kind);
  const who = names.get(member.id) ?? member.id;
  return {
    ...base,
    rank,
    now: value,
    member: who,
    text:
      rank === "fine" ? kind.fine : last.members.length > 1 ? `${who}. ${kind.over}` : kind.over,
    recent: kind.how === "level" ? steps : rises(steps),
  };
}

/** A counter's steps as what was added in each. */
function rises(steps: readonly (number | null)[]): (number | null)[] {
  return steps.map((value, at) => {
    const before = steps[at - 1];
    if (value === null || before === null || before === undefined) return value === null ? null : 0;
    return Math.max(0, value - before);
  });
}

/** Revisions a second: no limit, but what all else is read against. */
function writes(last: Sample, recent: readonly Sample[]): Signal {
  const before = recent.findLast(({ at }) => last.at - at >= 10_000);
  const rate =
    before === undefined
      ? undefined
      : ((last.revision - before.revision) / (last.at - before.at)) * 1_000;
  const rates = recent.slice(1).map((sample, at) => ({
    ...sample,
    revision:
      ((sample.revision - recent[at]!.revision) / Math.max(1, sample.at - recent[at]!.at)) * 1_000,
  }));
  const peak = Math.max(0, ...rates.map(({ revision }) => revision));
  return {
    id: "writes",
    label: "Writes",
    unit: "/ s",
    rank: "fine",
    ...(rate === undefined ? {} : { now: rate }),
    text: recent.length < 2 ? "" : `Peak ${numberText(Math.round(peak))} a second.`,
    recent: inSteps(
      rates,
      last.at - RECENT_MS,
      last.at + 1,
      RECENT_STEPS,
      ({ revision }) => revision,
    ),
  };
}

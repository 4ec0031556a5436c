import type { Finding, Forecast, MemberView, Signal } from "../contract/cluster.ts";
import { aboutText, bytesText, numberText } from "./words.ts";

export interface Evidence {
  readonly at: number;
  readonly members: readonly MemberView[];
  readonly quorum: number;
  /** Kinds of the alarms that are raised. */
  readonly alarms: readonly string[];
  readonly quota: number | undefined;
  readonly forecast: Forecast | undefined;
  readonly signals: readonly Signal[];
  readonly revision: number;
  readonly oldest: number;
}

const DAY_MS = 86_400_000;

/** What is wrong, gravest first; empty when nothing is. Each rule answers at most one finding. */
export function findings(evidence: Evidence): Finding[] {
  const rules = [
    corrupt,
    noSpace,
    noQuorum,
    noLeader,
    silent,
    filling,
    nearlyFull,
    lagging,
    versions,
  ];
  const found = rules.map((rule) => rule(evidence)).filter((finding) => finding !== undefined);
  found.push(...slow(evidence));
  const rank = { act: 0, look: 1 };
  return found.toSorted((a, b) => rank[a.rank] - rank[b.rank]);
}

function corrupt({ alarms }: Evidence): Finding | undefined {
  if (!alarms.includes("CORRUPT")) return undefined;
  return {
    rank: "act",
    title: "A member's data differs from the others': CORRUPT is raised.",
    text: "etcd refuses writes. Compare the hashes, take the member that differs out of the cluster and let it come back empty. Do not just disarm.",
    to: "/maintenance/hashes",
    toLabel: "Compare hashes",
  };
}

function noSpace({ alarms }: Evidence): Finding | undefined {
  if (!alarms.includes("NOSPACE")) return undefined;
  return {
    rank: "act",
    title: "The database is full: etcd refuses puts.",
    text: "Reads, deletions and compaction go on. Compact old revisions, defragment the members, then disarm the alarm; the page leads through it.",
    to: "/maintenance/space",
    toLabel: "Make room",
  };
}

function noQuorum({ members, quorum }: Evidence): Finding | undefined {
  const voters = members.filter(({ role }) => role !== "learner");
  const answering = voters.filter(({ error }) => error === undefined).length;
  if (answering >= quorum) return undefined;
  return {
    rank: "act",
    title: `No quorum: ${answering} of ${voters.length} members answer, ${quorum} are needed.`,
    text: "Nothing can be written, and only stale reads work. Bring back one member with its data; do not begin a new cluster as long as that is possible.",
  };
}

function noLeader({ members }: Evidence): Finding | undefined {
  if (members.some(({ role }) => role === "leader")) return undefined;
  if (members.every(({ error }) => error !== undefined)) return undefined;
  return {
    rank: "act",
    title: "There is no leader.",
    text: "Writes and linearizable reads wait. An election takes a second or two; if it does not end, the members do not reach each other.",
  };
}

function silent({ members, quorum }: Evidence): Finding | undefined {
  const gone = members.filter(({ state }) => state === "silent");
  const [first] = gone;
  if (first === undefined) return undefined;
  const left = members.length - gone.length - quorum;
  const names = gone.map(({ name, id }) => name || id).join(" and ");
  return {
    rank: left <= 0 ? "act" : "look",
    title: `${names} ${gone.length === 1 ? "does" : "do"} not answer: ${first.error ?? "unknown"}.`,
    text:
      left <= 0
        ? "If one more member stops, nothing can be written. Do not restart another one before this is mended."
        : `${left} more may stop before nothing can be written.`,
    ...(members.length > 1 ? { to: "/maintenance/members", toLabel: "See the members" } : {}),
  };
}

function filling({ at, forecast, quota, members }: Evidence): Finding | undefined {
  const { fullAt, bytesPerHour = 0 } = forecast ?? {};
  if (fullAt === undefined || quota === undefined || fullAt - at > 3 * DAY_MS) return undefined;
  const used = Math.max(0, ...members.map(({ dbSizeInUse }) => dbSizeInUse ?? 0));
  return {
    rank: fullAt - at < DAY_MS ? "act" : "look",
    title: `Writes stop in ${aboutText(fullAt - at)}: the database reaches its quota.`,
    text: `${bytesText(used)} of ${bytesText(quota)} are in use and grow by ${bytesText(bytesPerHour)} an hour. Compact to an hour ago, then defragment, followers first.`,
    to: "/maintenance",
    toLabel: "Plan compaction",
  };
}

function nearlyFull({ quota, members, forecast, at }: Evidence): Finding | undefined {
  const used = Math.max(0, ...members.map(({ dbSize }) => dbSize ?? 0));
  if (quota === undefined || used < quota * 0.8) return undefined;
  if (forecast?.fullAt !== undefined && forecast.fullAt - at <= 3 * DAY_MS) return undefined;
  return {
    rank: used >= quota * 0.95 ? "act" : "look",
    title: `The database file has ${Math.floor((used / quota) * 100)} % of its quota.`,
    text: "At 100 % etcd refuses puts, also when pages inside the file are free. Defragmentation gives free pages back.",
    to: "/maintenance",
    toLabel: "Plan defragmentation",
  };
}

function lagging({ members }: Evidence): Finding | undefined {
  const late = members.find(({ state }) => state === "lagging");
  if (late === undefined) return undefined;
  const others = members.filter(({ id, role }) => id !== late.id && role !== "learner");
  const names = others.map(({ name, id }) => name || id).join(" or ");
  return {
    rank: "look",
    title: `${late.name || late.id} is ${numberText(late.behind ?? 0)} entries behind.`,
    text: `Do not restart ${names} until it has caught up.`,
  };
}

function versions({ members }: Evidence): Finding | undefined {
  const told = new Set(members.map(({ version }) => version).filter((text) => text !== undefined));
  if (told.size < 2) return undefined;
  return {
    rank: "look",
    title: `Members run different versions: ${[...told].toSorted().join(", ")}.`,
    text: "That is right during an upgrade. Finish it: new features stay off until every member is new.",
  };
}

/** Signals past their limits that no finding above has told already; slow disks are one finding. */
function slow({ signals, members }: Evidence): Finding[] {
  if (members.some(({ state }) => state === "lagging")) return [];
  const past = signals.filter(({ rank, id }) => rank !== "fine" && id !== "lag");
  const disk = past.filter(({ id }) => id === "fsync" || id === "commit");
  const figure = ({ now = 0, unit }: Signal): string =>
    `${numberText(Math.round(now * 10) / 10)} ${unit}`.trimEnd();
  const found: Finding[] = past
    .filter((signal) => !disk.includes(signal))
    .slice(0, 2)
    .map((signal) => ({
      rank: "look",
      title: `${signal.label}: ${figure(signal)}.`,
      text: signal.text,
    }));
  if (disk.length === 0) return found;
  const parts = disk.map((signal) => `${signal.id} ${figure(signal)}`);
  const [{ member = "A member" } = {}] = disk;
  const leads = members.some(({ name, role }) => name === member && role === "leader");
  const worst = Math.max(0, ...members.map(({ fsyncP99Ms = 0 }) => fsyncP99Ms));
  // Only towards a disk that is much better is it worth an election.
  const away = leads && members.some(({ fsyncP99Ms }) => (fsyncP99Ms ?? worst) < worst / 2);
  return [
    {
      rank: "look",
      title: `${member} has a slow disk: ${parts.join(", ")} at the 99th percentile.`,
      text: away
        ? "It leads, so every write waits for it, and another member's disk is faster: hand leadership over. Nothing else should write to that disk."
        : "Nothing else should write to that disk; a shared or network disk is seldom fast enough.",
      ...(away ? { to: "/maintenance/members", toLabel: "Hand leadership over" } : {}),
    },
    ...found,
  ];
}

/** The sentence for a page without findings. */
export function calmText({ members, quota, forecast, at }: Evidence): string {
  const count = members.length;
  const all = count === 1 ? "The one member answers" : `All ${count} members answer`;
  const used = Math.max(0, ...members.map(({ dbSizeInUse }) => dbSizeInUse ?? 0));
  const room =
    quota === undefined || used === 0
      ? ""
      : ` The database uses ${bytesText(used)} of ${bytesText(quota)}`;
  const until =
    forecast?.fullAt === undefined
      ? ""
      : `; at this pace it is full in ${aboutText(forecast.fullAt - at)}`;
  const single = count === 1 ? " One member has no second: a lost disk is lost data." : "";
  return `${all} and nothing is past its limit.${room}${room === "" ? "" : `${until}.`}${single}`;
}

import type { AlarmView, ClusterView, SizeSeries } from "../contract/cluster.ts";
import type { Sample } from "../samples/sample.ts";
import { hexId } from "../samples/sample.ts";
import type { Snapshot } from "../samples/sampler.ts";
import { inSteps, type Series } from "../samples/series.ts";
import { calmText, type Evidence, findings } from "./findings.ts";
import { forecast, inUse } from "./forecast.ts";
import { happenings } from "./happenings.ts";
import { memberViews } from "./member-views.ts";
import { signals } from "./signals.ts";

const SIZE_STEPS = 240;
const SHOWN_HAPPENINGS = 12;

/** Names of members by id; an id where there is no name. */
export function memberNames(snapshot: Snapshot): Map<string, string> {
  return new Map(
    snapshot.reports.map(({ member }) => [hexId(member.id), member.name || hexId(member.id)]),
  );
}

/** What the findings are made of. */
export function evidence(snapshot: Snapshot, series: Series): Evidence {
  const { reports, sample, at } = snapshot;
  const members = memberViews(reports, sample);
  const quotas = members.map(({ quota }) => quota).filter((quota) => quota !== undefined);
  const quota = quotas.length === 0 ? undefined : Math.min(...quotas);
  const voters = members.filter(({ role }) => role !== "learner").length;
  return {
    at,
    members,
    quorum: Math.floor(voters / 2) + 1,
    alarms: [...new Set(sample.alarms.map((alarm) => alarm.split(" ")[0] ?? ""))],
    quota,
    forecast: forecast(series.all, quota),
    signals: signals(series.all, memberNames(snapshot)),
    revision: sample.revision,
    oldest: sample.oldest,
  };
}

/** The Cluster page, of one picture and the samples before it. */
export function clusterView(
  snapshot: Snapshot,
  series: Series,
  options: { readonly hours: number; readonly samplesNote: string },
): ClusterView {
  const { at, reports, sample } = snapshot;
  const proof = evidence(snapshot, series);
  const { members, quota, quorum } = proof;
  const from = Math.max(at - options.hours * 3_600_000, series.all[0]?.at ?? at);
  const told = reports.map(({ status }) => status).filter((status) => status !== undefined);
  return {
    at,
    clusterId: told[0] === undefined ? "" : hexId(told[0].clusterId),
    findings: findings(proof),
    calm: calmText(proof),
    members,
    quorum,
    answering: told.length,
    ...(told.length === 0
      ? {}
      : {
          raftTerm: Math.max(...told.map(({ raftTerm }) => raftTerm)),
          raftIndex: Math.max(...told.map(({ raftIndex }) => raftIndex)),
        }),
    ...(quota === undefined ? {} : { quota }),
    ...(proof.forecast === undefined ? {} : { forecast: proof.forecast }),
    sizes: sizes(series.since(from), from, at),
    alarms: alarmViews(sample),
    signals: proof.signals,
    happenings: happenings(series.all, memberNames(snapshot)).slice(-SHOWN_HAPPENINGS).toReversed(),
    samplesNote: options.samplesNote,
  };
}

function sizes(samples: readonly Sample[], from: number, to: number): SizeSeries {
  const end = Math.max(to, from + 60_000);
  const width = (end - from) / SIZE_STEPS;
  const file = (sample: Sample): number | undefined => {
    const told = sample.members.map(({ size }) => size).filter((size) => size !== undefined);
    return told.length === 0 ? undefined : Math.max(...told);
  };
  return {
    at: Array.from({ length: SIZE_STEPS }, (_, step) => (from + (step + 0.5) * width) / 1_000),
    inUse: inSteps(samples, from, end, SIZE_STEPS, inUse),
    file: inSteps(samples, from, end, SIZE_STEPS, file),
  };
}

const ALARM_TEXTS = {
  NOSPACE: [
    "etcd refuses puts until it is disarmed. Reads, deletions and compaction go on.",
    "Raised when the database file reaches its quota; etcd then refuses puts.",
  ],
  CORRUPT: [
    "A member's data differs from that of the others. etcd refuses writes.",
    "Raised when a member finds that its data differs from that of the others.",
  ],
} as const;

function alarmViews(sample: Sample): AlarmView[] {
  return (["NOSPACE", "CORRUPT"] as const).map((kind) => {
    const members = sample.alarms
      .filter((alarm) => alarm.startsWith(`${kind} `))
      .map((alarm) => alarm.slice(kind.length + 1));
    return { kind, members, text: ALARM_TEXTS[kind][members.length > 0 ? 0 : 1] };
  });
}

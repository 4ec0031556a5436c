import type { MemberView } from "../contract/cluster.ts";
import type { MemberReport } from "../members/ask-members.ts";
import { defined, hexId, positive, type Sample } from "../samples/sample.ts";

/** Entries behind the furthest member from which one is called lagging. */
const LAGGING = 1_000;

/** The members of the table, and why each blank is blank. */
export function memberViews(reports: readonly MemberReport[], sample: Sample): MemberView[] {
  return reports.map((report) => memberView(report, sample));
}

function memberView(report: MemberReport, sample: Sample): MemberView {
  const { member, status, metrics, error, metricsError } = report;
  const id = hexId(member.id);
  const figures = sample.members.find((known) => known.id === id);
  const behind = figures?.behind;
  const quota =
    positive(status?.dbSizeQuota) ?? metrics?.values.get("etcd_server_quota_backend_bytes");
  return defined<MemberView>({
    id,
    name: member.name,
    clientUrls: member.clientUrls,
    peerUrls: member.peerUrls,
    state: stateOf(report, behind),
    role: roleOf(report, sample.leader),
    error: error === "" ? undefined : error,
    version: status?.version,
    storageVersion: status?.storageVersion === "" ? undefined : status?.storageVersion,
    revision: status?.revision,
    raftTerm: status?.raftTerm,
    raftIndex: status?.raftIndex,
    raftAppliedIndex: positive(status?.raftAppliedIndex),
    behind,
    dbSize: positive(status?.dbSize),
    dbSizeInUse: positive(status?.dbSizeInUse),
    quota: positive(quota),
    fsyncP99Ms: figures?.fsyncMs,
    commitP99Ms: figures?.commitMs,
    memoryBytes: metrics?.values.get("process_resident_memory_bytes"),
    notTold: notTold(report, metricsError),
  });
}

function stateOf(
  { member, status }: MemberReport,
  behind: number | undefined,
): MemberView["state"] {
  if (member.clientUrls.length === 0) return "not started";
  if (status === undefined) return "silent";
  return (behind ?? 0) >= LAGGING ? "lagging" : "serving";
}

function roleOf({ member, status }: MemberReport, leader: string): MemberView["role"] {
  if (member.isLearner) return "learner";
  if (hexId(member.id) === leader) return "leader";
  return status === undefined ? "unknown" : "follower";
}

function notTold(
  { status, metrics, error }: MemberReport,
  metricsError: string,
): MemberView["notTold"] {
  const silent = `The member does not answer: ${error}`;
  const noMetrics = `Its /metrics cannot be read: ${metricsError}`;
  const quiet = "Fewer than 20 writes in the last five minutes";
  return {
    status: silent,
    dbSizeInUse: status === undefined ? silent : "etcd tells it from 3.4 on",
    quota:
      status === undefined
        ? silent
        : metrics === undefined
          ? noMetrics
          : "etcd tells it from 3.6 on",
    p99: metrics === undefined ? noMetrics : quiet,
    storageVersion: "etcd tells it from 3.6 on",
  };
}

import type { Replies } from "./replies.ts";
import { hex, humanBytes } from "./values.ts";

/** A table: what the simple form joins by commas, and the table form draws. */
export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function memberRows({ members }: Replies["memberList"]): Rows {
  return {
    head: ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"],
    rows: members.map((member) => [
      hex(member.id),
      member.name === "" ? "unstarted" : "started",
      member.name,
      member.peerUrls.join(","),
      member.clientUrls.join(","),
      String(member.isLearner),
    ]),
  };
}

export function healthRows(list: Replies["endpointHealth"]): Rows {
  return {
    head: ["endpoint", "health", "took", "error"],
    rows: list.map(({ endpoint, isHealthy, took, error }) => [
      endpoint,
      String(isHealthy),
      took,
      error,
    ]),
  };
}

export function hashRows(list: Replies["endpointHashKv"]): Rows {
  return {
    head: ["endpoint", "hash", "hash_revision"],
    rows: list.map(({ endpoint, reply }) => [
      endpoint,
      String(reply.hash),
      String(reply.hashRevision),
    ]),
  };
}

const STATUS_HEAD = [
  "endpoint",
  "ID",
  "version",
  "storage version",
  "db size",
  "in use",
  "percentage not in use",
  "quota",
  "is leader",
  "is learner",
  "raft term",
  "raft index",
  "raft applied index",
  "errors",
  "downgrade target version",
  "downgrade enabled",
];

export function statusRows(list: Replies["endpointStatus"]): Rows {
  return {
    head: STATUS_HEAD,
    rows: list.map(({ endpoint, reply }) => {
      const id = reply.header?.memberId ?? 0n;
      const unused = 100 - Math.floor((reply.dbSizeInUse * 100) / Math.max(1, reply.dbSize));
      return [
        endpoint,
        hex(id),
        reply.version,
        reply.storageVersion,
        humanBytes(reply.dbSize),
        humanBytes(reply.dbSizeInUse),
        `${unused}%`,
        humanBytes(reply.dbSizeQuota),
        String(reply.leader === id),
        String(reply.isLearner),
        String(reply.raftTerm),
        String(reply.raftIndex),
        String(reply.raftAppliedIndex),
        reply.errors.join(", "),
        reply.downgradeInfo?.targetVersion ?? "",
        String(reply.downgradeInfo?.enabled ?? false),
      ];
    }),
  };
}

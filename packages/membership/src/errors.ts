/**
 * - `ID_REMOVED`, `ID_EXISTS`, `ID_NOT_FOUND`, `PEER_URL_EXISTS`, `NOT_LEARNER`, `TOO_MANY_LEARNERS`: a change of the
 *   members that does not fit those there are; nothing was changed.
 * - `NOT_ENOUGH_STARTED`, `UNHEALTHY`: the change could cost the cluster its quorum.
 * - `LEARNER_NOT_READY`: the learner has too much to catch up with.
 * - `NOT_LEADER`: only the leader can tell.
 * - `BAD_URLS`: peer URLs that cannot be those of a member.
 * - `BAD_VERSION`: not a version.
 * - `BAD_DOWNGRADE_FORMAT`, `BAD_DOWNGRADE_TARGET`, `DOWNGRADE_IN_PROGRESS`, `NO_DOWNGRADE`, `NO_CLUSTER_VERSION`: a
 *   downgrade that cannot be done, or ended.
 * - `BAD_INITIAL_CLUSTER`: options of the first start that contradict each other.
 * - `CANNOT_JOIN`: the running cluster does not answer, is another one, or speaks another version.
 * - `ALREADY_BOOTSTRAPPED`: a member that is to be new is known to the others already.
 * - `DISCOVERY`: the registry says that this cluster cannot be found, or is full.
 * - `BAD_RECORD`: what should describe a member cannot be read.
 */
export type MembershipErrorCode =
  | "ID_REMOVED"
  | "ID_EXISTS"
  | "ID_NOT_FOUND"
  | "PEER_URL_EXISTS"
  | "NOT_LEARNER"
  | "TOO_MANY_LEARNERS"
  | "NOT_ENOUGH_STARTED"
  | "UNHEALTHY"
  | "LEARNER_NOT_READY"
  | "NOT_LEADER"
  | "BAD_URLS"
  | "BAD_VERSION"
  | "BAD_DOWNGRADE_FORMAT"
  | "BAD_DOWNGRADE_TARGET"
  | "DOWNGRADE_IN_PROGRESS"
  | "NO_DOWNGRADE"
  | "NO_CLUSTER_VERSION"
  | "BAD_INITIAL_CLUSTER"
  | "CANNOT_JOIN"
  | "ALREADY_BOOTSTRAPPED"
  | "DISCOVERY"
  | "BAD_RECORD";

/** etcd's own texts: they travel to clients and stand in log lines that programs look for. */
const TEXT: Partial<Record<MembershipErrorCode, string>> = {
  ID_REMOVED: "membership: ID removed",
  ID_EXISTS: "membership: ID exists",
  ID_NOT_FOUND: "membership: ID not found",
  PEER_URL_EXISTS: "membership: peerURL exists",
  NOT_LEARNER: "membership: can only promote a learner member",
  TOO_MANY_LEARNERS: "membership: too many learner members in cluster",
  NOT_ENOUGH_STARTED: "etcdserver: re-configuration failed due to not enough started members",
  UNHEALTHY: "etcdserver: unhealthy cluster",
  LEARNER_NOT_READY: "etcdserver: can only promote a learner member which is in sync with leader",
  NOT_LEADER: "etcdserver: not leader",
  BAD_URLS: "etcdserver: given member URLs are invalid",
  BAD_DOWNGRADE_FORMAT: "etcdserver: wrong downgrade target version format",
  BAD_DOWNGRADE_TARGET: "etcdserver: invalid downgrade target version",
  DOWNGRADE_IN_PROGRESS: "etcdserver: cluster has a downgrade job in progress",
  NO_DOWNGRADE: "etcdserver: no inflight downgrade job",
  NO_CLUSTER_VERSION: "etcdserver: cluster version not found during downgrade",
};

/** Every failure that this package itself detects. Callers branch on `code`. */
export class MembershipError extends Error {
  override readonly name = "MembershipError";
  readonly code: MembershipErrorCode;

  constructor(
    code: MembershipErrorCode,
    message: string = TEXT[code] ?? code,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

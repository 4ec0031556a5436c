/** The public list of `@nodetcd/membership`. */
export {
  applyAttributes,
  applyChange,
  type AppliedChange,
  checkChange,
  type LocalIds,
} from "./change.ts";
export { Cluster } from "./cluster.ts";
export {
  checkDowngrade,
  checkDowngradeCancel,
  decideClusterVersion,
  isDowngraded,
  joinableRange,
  type MemberVersions,
  type VersionState,
  wantedStorageVersion,
} from "./cluster-version.ts";
export { Discovery, type DiscoveryOptions, type Registry, type RegistryPair } from "./discovery.ts";
export { discoverServices, type ServiceDiscoveryOptions } from "./dns-srv.ts";
export { MembershipError, type MembershipErrorCode } from "./errors.ts";
export { clusterIdOf, memberIdOf } from "./ids.ts";
export {
  checkAdvertised,
  checkNames,
  checkPeerUrl,
  foundCluster,
  type InitialCluster,
  initialClusterText,
  parseInitialCluster,
  urlsDiffer,
} from "./initial-cluster.ts";
export {
  checkJoinable,
  fetchCluster,
  fetchDowngradeEnabled,
  fetchVersions,
  matchMembers,
  otherPeerUrls,
  type PeerQuestions,
  refuseBootstrapped,
  type RunningCluster,
  type SaidVersion,
  serverVersions,
} from "./join.ts";
export { HEALTHY_AFTER_MS, LEARNER_READY_SHARE, LEARNERS_MAX, VERSION_LOOK_MS } from "./limits.ts";
export {
  attributesJson,
  goJson,
  isPromotion,
  memberJson,
  memberListJson,
  type MemberRecord,
  parseMemberJson,
  parseMemberListJson,
  promotionContext,
  raftAttributesJson,
} from "./member-json.ts";
export {
  checkAdd,
  checkLearnerReady,
  checkPromote,
  checkRemove,
  type ProgressView,
  type ReconfigureContext,
} from "./reconfigure.ts";
export { clusterVersionText, isClusterAtLeast, minorText, refuseOlderServer } from "./version.ts";
export { v2StoreJson } from "./v2-store.ts";

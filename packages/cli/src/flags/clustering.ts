import { DISCOVERY } from "./discovery.ts";
import { warn } from "./draft.ts";
import { type Flag, flag } from "./flag.ts";
import { bool, choice, text, urls } from "./kinds.ts";

export const CLUSTERING: readonly Flag[] = [
  flag(
    "initial-advertise-peer-urls",
    urls,
    "http://localhost:2380",
    "This member's URLs as other members are to reach them.",
    (d, v) => {
      d.config.initialAdvertisePeerUrls = v;
    },
  ),
  flag(
    "initial-cluster",
    text,
    "default=http://localhost:2380",
    "Comma-separated name=peerURL of the members, for the first start.",
    (d, v) => {
      d.config.initialCluster = v;
    },
  ),
  flag(
    "initial-cluster-state",
    choice(["new", "existing"]),
    "new",
    "new to found a cluster, existing to join one; ignored once there is data.",
    (d, v) => {
      d.config.initialClusterState = v;
    },
  ),
  flag(
    "initial-cluster-token",
    text,
    "etcd-cluster",
    "Keeps clusters with the same URLs apart.",
    (d, v) => {
      d.config.initialClusterToken = v;
    },
  ),
  flag(
    "advertise-client-urls",
    urls,
    "http://localhost:2379",
    "This member's URLs as clients are to reach them; needed with --listen-client-urls.",
    (d, v) => {
      d.config.advertiseClientUrls = v;
    },
  ),
  ...DISCOVERY,
  flag(
    "strict-reconfig-check",
    bool,
    "true",
    "Refuse membership changes that would lose the quorum.",
    (d, v) => {
      d.config.strictReconfigCheck = v;
    },
  ),
  flag(
    "pre-vote",
    bool,
    "true",
    "Ask whether an election could be won before it begins.",
    (d, v) => {
      d.config.preVote = v;
    },
  ),
  flag(
    "auto-compaction-retention",
    text,
    "0",
    "History to keep: hours or a duration (periodic), or revisions (revision). 0: all of it.",
    (d, v) => {
      d.config.autoCompactionRetention = v;
    },
  ),
  flag(
    "auto-compaction-mode",
    choice(["periodic", "revision"]),
    "periodic",
    "How --auto-compaction-retention is read: periodic or revision.",
    (d, v) => {
      d.config.autoCompactionMode = v;
    },
  ),
  flag(
    "v2-deprecation",
    choice(["write-only", "write-only-skip-check", "write-only-drop-data", "gone"]),
    "write-only",
    "Accepted for old command lines, without effect: there is no v2 store.",
    (d) =>
      warn(
        d,
        "--v2-deprecation is deprecated and scheduled for removal in v3.8. " +
          "The default value is enforced, ignoring user input.",
      ),
  ),
];

import { warn } from "./draft.ts";
import { type Flag, flag } from "./flag.ts";
import { bool, choice, type Kind, text, uint } from "./kinds.ts";
import { notBuilt } from "./not-built.ts";
import type { FeatureGate } from "@nodetcd/server";

const hide = (shown: Flag): Flag => ({ ...shown, hidden: true, isOld: true });

/** Flags of etcd 2, which etcd takes with any value and says nothing about. */
const IGNORED = [
  "cluster-active-size",
  "cluster-remove-delay",
  "cluster-sync-interval",
  "config",
  "force",
  "max-result-buffer",
  "max-retry-attempts",
  "peer-heartbeat-interval",
  "peer-election-timeout",
  "retry-interval",
  "snapshot",
  "v",
  "vv",
];

/** Any value, also none. */
const whatever: Kind<undefined> = {
  isBoolean: true,
  fromText: () => undefined,
  fromFile: () => undefined,
};

/** Flags that etcd had in 3.4 to 3.6 and that ask for nothing any more. */
function gone<T>(name: string, kind: Kind<T>): Flag {
  return hide(
    flag(name, kind, undefined, "", (draft) =>
      warn(draft, "flag is no longer supported, ignoring it", { flag: `--${name}` }),
    ),
  );
}

/** Flags of etcd 3.4 to 3.6 that have become feature gates. */
const GATES: readonly [string, FeatureGate][] = [
  ["experimental-initial-corrupt-check", "InitialCorruptCheck"],
  ["experimental-compact-hash-check-enabled", "CompactHashCheck"],
  ["experimental-enable-lease-checkpoint", "LeaseCheckpoint"],
  ["experimental-enable-lease-checkpoint-persist", "LeaseCheckpointPersist"],
  ["experimental-stop-grpc-service-on-defrag", "StopGRPCServiceOnDefrag"],
  ["experimental-txn-mode-write-with-shared-buffer", "TxnModeWriteWithSharedBuffer"],
];

function gateFlag([name, gate]: [string, FeatureGate]): Flag {
  return hide(
    flag(name, bool, undefined, "", (draft, on) => {
      draft.config.featureGates = { ...draft.config.featureGates, [gate]: on };
      warn(draft, "flag is deprecated", {
        flag: `--${name}`,
        instead: `--feature-gates=${gate}=${on}`,
      });
    }),
  );
}

const PROXY = {
  feature: "the v2 proxy",
  advice: "Leave it out: etcd removed it in 3.6.",
};

/** All of these are taken, in every form, and listed nowhere. */
export const LEGACY: readonly Flag[] = [
  ...IGNORED.map((name) => hide(flag(name, whatever, undefined, "", () => undefined))),
  ...GATES.map(gateFlag),
  gone("enable-v2", bool),
  gone("experimental-enable-v2v3", text),
  gone("debug", bool),
  gone("log-package-levels", text),
  gone("proxy-failure-wait", uint),
  gone("proxy-refresh-interval", uint),
  gone("proxy-dial-timeout", uint),
  gone("proxy-write-timeout", uint),
  gone("proxy-read-timeout", uint),
  hide(
    notBuilt("proxy", choice(["off", "readonly", "on"]), "off", PROXY, (value) => value === "off"),
  ),
];

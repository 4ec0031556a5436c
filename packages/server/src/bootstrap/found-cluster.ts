import {
  checkAdvertised,
  checkJoinable,
  checkNames,
  fetchCluster,
  fetchDowngradeEnabled,
  fetchVersions,
  foundCluster,
  type InitialCluster,
  matchMembers,
  type MemberRecord,
  otherPeerUrls,
  parseInitialCluster,
  type PeerQuestions,
  refuseBootstrapped,
} from "@nodetcd/membership";
import { networkDialer } from "@nodetcd/peers";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { ServerError } from "../errors.ts";
import { peerDialOptions } from "../tls/dial-peers.ts";
import { ETCD_VERSION } from "../version.ts";
import { explained } from "./explained.ts";

/** Longest wait for an answer of a member that runs already, in milliseconds (etcd's number). */
const QUESTION_TIMEOUT_MS = 1_000;
/** As above, while a version that must be agreed on first is asked for. */
const DIAL_EXTRA_MS = 1_000;

/** A cluster as a member begins in it. */
export interface Beginning {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** All members, this one included; ascending by id. */
  readonly members: readonly MemberRecord[];
}

/** How the members that run already are asked. */
export function peerQuestions(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): PeerQuestions {
  return {
    clock: runtime.clock,
    dial: networkDialer(runtime.network, {
      timeoutMs: DIAL_EXTRA_MS + config.electionTimeoutMs,
      connect: peerDialOptions(runtime.disk, config),
    }),
    logger,
    timeoutMs: QUESTION_TIMEOUT_MS,
  };
}

/** The members that the options name; this one alone where they name none. */
function initialCluster(config: MemberConfig): InitialCluster {
  return config.initialCluster === ""
    ? new Map([[config.name, config.initialAdvertisePeerUrls.toSorted()]])
    : parseInitialCluster(config.initialCluster);
}

/** What the options say must fit together, before anything is made. Raises BAD_CONFIG. */
export function checkInitialCluster(runtime: Runtime, config: MemberConfig): Promise<void> {
  return explained(async () => {
    const cluster = initialCluster(config);
    checkNames(cluster, config.name);
    await checkAdvertised(cluster, config.name, config.initialAdvertisePeerUrls, runtime.resolver);
  });
}

function ownIn(members: readonly MemberRecord[], name: string): MemberRecord {
  const own = members.find((member) => member.name === name);
  if (own !== undefined) return own;
  throw new ServerError("BAD_CONFIG", `--initial-cluster has no member "${name}" (--name)`);
}

/** A new cluster: ids follow from the options, so that all founders come to the same. */
export function beginNew(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): Promise<Beginning> {
  return explained(async () => {
    const cluster = initialCluster(config);
    const { clusterId, members } = await foundCluster(cluster, config.initialClusterToken);
    const memberId = ownIn(members, config.name).id;
    const others = otherPeerUrls(cluster, config.name);
    if (others.length > 0) {
      await refuseBootstrapped(peerQuestions(runtime, config, logger), others, memberId);
    }
    return { clusterId, memberId, members };
  });
}

/** A cluster that runs, and that somebody has added this member to. */
export function joinRunning(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): Promise<Beginning> {
  return explained(async () => {
    const cluster = initialCluster(config);
    const questions = peerQuestions(runtime, config, logger);
    const running = await fetchCluster(questions, otherPeerUrls(cluster, config.name));
    const members = await matchMembers(running, cluster, runtime.resolver);
    const memberId = ownIn(members, config.name).id;
    const versions = await fetchVersions(questions, members, memberId);
    const downgrading = await fetchDowngradeEnabled(questions, members, memberId);
    checkJoinable(versions, ETCD_VERSION, downgrading, logger);
    return { clusterId: running.clusterId, memberId, members };
  });
}

import {
  type Cluster,
  decideClusterVersion,
  fetchVersions,
  isDowngraded,
  type MemberVersions,
  minorText,
  type PeerQuestions,
  serverVersions,
  VERSION_LOOK_MS,
} from "@nodetcd/membership";
import type { Logger, Timer } from "@nodetcd/runtime";
import type { Proposer } from "../propose/propose.ts";
import { ETCD_VERSION } from "../version.ts";

export interface VersionMonitorOptions {
  readonly cluster: Cluster;
  readonly questions: PeerQuestions;
  readonly memberId: bigint;
  readonly proposer: Pick<Proposer, "proposeMessage">;
  readonly isLeader: () => boolean;
  /** Brings this member's own database to the cluster's version. */
  readonly followVersion: () => void;
  readonly logger: Logger;
  /** How often a downgrade under way is looked at, in milliseconds. */
  readonly downgradeCheckMs: number;
}

/**
 * On every member: sees that its database has the schema of the cluster's version. On the leader: sees that the cluster's version is that of its oldest member, and that a downgrade ends once
 * all members are at its target.
 */
export class VersionMonitor {
  readonly #options: VersionMonitorOptions;
  readonly #timers: Timer[];
  #isLooking = false;

  constructor(options: VersionMonitorOptions) {
    this.#options = options;
    const { clock } = options.questions;
    this.#timers = [
      clock.setRepeating(VERSION_LOOK_MS, () => this.look()),
      clock.setRepeating(options.downgradeCheckMs, () => void this.#endDowngrade()),
    ];
  }

  /** Looks now: every few seconds, and at the first commit of a leader's term. */
  look(): void {
    this.#options.followVersion();
    if (!this.#options.isLeader()) return;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#update().finally(() => (this.#isLooking = false));
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  async #versions(): Promise<MemberVersions> {
    const { cluster, questions, memberId } = this.#options;
    const others = await fetchVersions(questions, cluster.members(), memberId);
    return serverVersions(others, { id: memberId, serverVersion: ETCD_VERSION });
  }

  async #update(): Promise<void> {
    const { cluster, proposer, logger } = this.#options;
    try {
      const members = await this.#versions();
      const { version: clusterVersion, downgradeTarget } = cluster;
      const state = { clusterVersion, downgradeTarget, members, serverVersion: ETCD_VERSION };
      const wanted = decideClusterVersion(state, logger);
      if (wanted === undefined || wanted === clusterVersion || !this.#options.isLeader()) return;
      if (clusterVersion === undefined) {
        const fields = { "cluster-version": minorText(wanted) };
        logger.info("setting up initial cluster version using v3 API", fields);
      } else {
        const fields = { from: minorText(clusterVersion), to: minorText(wanted) };
        logger.info("updating cluster version using v3 API", fields);
      }
      await proposer.proposeMessage({ clusterVersionSet: { ver: wanted } });
      logger.info("cluster version is updated", { "cluster-version": minorText(wanted) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      logger.warn("failed to update cluster version", { error: text });
    }
  }

  async #endDowngrade(): Promise<void> {
    const { cluster, proposer, logger, isLeader } = this.#options;
    const target = cluster.downgradeTarget;
    if (target === undefined || !isLeader()) return;
    try {
      if (!isDowngraded(target, await this.#versions(), logger)) return;
      logger.info("the cluster has been downgraded", { "cluster-version": target });
      await proposer.proposeMessage({ downgradeInfoSet: { enabled: false } });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      logger.warn("failed to cancel downgrade", { error: text });
    }
  }
}

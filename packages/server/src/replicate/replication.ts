import type { Backend } from "@nodetcd/backend";
import type { Cluster, MemberRecord } from "@nodetcd/membership";
import { applyChange, checkChange } from "@nodetcd/membership";
import type { ConfChange, ConfState, RaftSnapshot } from "@nodetcd/messages";
import { hexId, REMOVED_TEXT } from "@nodetcd/peers";
import type { RawNode } from "@nodetcd/raft";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { Store } from "@nodetcd/mvcc";
import type { MemberConfig } from "../config.ts";
import type { RequestError } from "../errors.ts";
import type { ReadyLoop } from "../persist/ready-loop.ts";
import { peerDialOptions } from "../tls/dial-peers.ts";
import { toRequestError } from "../wire/error-map.ts";
import { SnapshotInstaller } from "./install-snapshot.ts";
import { PeerLink } from "./peer-link.ts";
import { SnapshotSender } from "./send-snapshot.ts";

export interface ReplicationOptions {
  readonly runtime: Runtime;
  readonly config: MemberConfig;
  readonly logger: Logger;
  readonly ids: { readonly memberId: bigint; readonly clusterId: bigint };
  readonly node: RawNode;
  readonly backend: Backend;
  readonly store: Store;
  readonly cluster: Cluster;
  readonly snapshotDirectory: string;
  /** Answers what is asked on the peer port and is not raft's. */
  readonly fallback: ConstructorParameters<typeof PeerLink>[0]["fallback"];
  readonly loop: () => ReadyLoop;
  /** Applies everything that is committed, before it returns. */
  readonly drain: () => void;
  /** Every record reads the database anew, which holds everything up to the snapshot's index. */
  readonly reload: (snapshot: RaftSnapshot) => void;
  /** Raft has another configuration. */
  readonly onConfState: (confState: ConfState) => void;
  /** Answers who proposed a change of the members. */
  readonly answer: (id: bigint, refusal: RequestError | undefined) => void;
  /** This member does not belong to the cluster any more. */
  readonly onRemoved: (reason: string) => void;
}

/** How long a removed member goes on, so that the others hear that it has applied its removal, in milliseconds (etcd's number). */
const REMOVED_DELAY_MS = 1_000;

/** What makes one member of many: raft's messages, snapshots both ways, changes of the members. */
export class Replication {
  readonly link: PeerLink;
  readonly sender: SnapshotSender;
  readonly installer: SnapshotInstaller;
  readonly #options: ReplicationOptions;

  constructor(options: ReplicationOptions) {
    this.#options = options;
    const { runtime, config, logger, ids, node, backend, store, cluster } = options;
    const step = (message: Parameters<RawNode["step"]>[0]): void => options.loop().step(message);
    this.link = new PeerLink({
      runtime,
      logger,
      ...ids,
      peerUrls: config.initialAdvertisePeerUrls,
      snapshotDirectory: options.snapshotDirectory,
      connect: peerDialOptions(runtime.disk, config),
      electionTimeoutMs: config.electionTimeoutMs,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
      sendSnapshot: (message) => this.sender.send(message),
      handler: {
        process: step,
        reportUnreachable: (id) => this.#told(() => node.reportUnreachable(id)),
        reportSnapshot: (id, ok) => this.#told(() => node.reportSnapshot(id, ok)),
        isRemoved: (id) => cluster.isRemoved(id),
        receiveSnapshot: (message, path) => this.installer.receive(message, path),
        onRemoved: () => options.onRemoved(REMOVED_TEXT),
      },
    });
    this.sender = new SnapshotSender({
      backend,
      cluster,
      logger,
      clock: runtime.clock,
      memberId: ids.memberId,
      transport: this.link.transport,
      onFailure: (to) => this.#told(() => node.reportSnapshot(to, false)),
    });
    this.installer = new SnapshotInstaller({
      runtime,
      logger,
      backend,
      store,
      step,
      isPending: (index) => node.pendingSnapshotIndex === index,
      drain: options.drain,
      reload: options.reload,
      onInstalled: (snapshot) => {
        const confState = snapshot.metadata?.confState;
        if (confState !== undefined) options.onConfState(confState);
        this.link.connect(cluster.members());
      },
    });
  }

  /** Begins to talk with the members of the database, and with those that a joining member knows of. */
  start(remotes: readonly MemberRecord[]): void {
    for (const { id, peerUrls } of remotes) this.link.transport.addRemote(id, peerUrls);
    this.link.connect(this.#options.cluster.members());
  }

  /** Makes a committed change of the members; undefined where it does not fit and every member refuses it. */
  change(change: ConfChange): ConfState | undefined {
    const { cluster, ids, logger, node, runtime, config } = this.#options;
    try {
      checkChange(cluster, change, config.maxLearners);
    } catch (error) {
      const refusal = toRequestError(error);
      logger.error("Validation on configuration change failed", { error: String(error) });
      this.#options.answer(change.id, refusal);
      return undefined;
    }
    const confState = node.applyConfChange(change);
    this.#options.onConfState(confState);
    const applied = applyChange(cluster, ids, logger, change);
    this.link.follow(applied);
    this.#options.answer(change.id, undefined);
    if (applied.kind === "removed" && applied.id === ids.memberId) {
      runtime.clock.setTimer(REMOVED_DELAY_MS, () => this.#options.onRemoved(REMOVED_TEXT));
    }
    return confState;
  }

  /** Hands leadership to the voter that has been connected longest, if this member leads others. */
  async handOver(timeoutMs: number): Promise<void> {
    const { cluster, ids, logger, node, runtime } = this.#options;
    if (node.role !== "leader" || cluster.voters().length < 2) return;
    const { transport } = this.link;
    const connected = cluster
      .voters()
      .filter(({ id }) => id !== ids.memberId)
      .map(({ id }) => ({ id, since: transport.activeSince(id) }))
      .filter(({ since }) => since !== undefined)
      .sort((a, b) => a.since! - b.since!);
    const target = connected[0]?.id;
    if (target === undefined) return;
    const fields = {
      "local-member-id": hexId(ids.memberId),
      "current-leader-member-id": hexId(ids.memberId),
      "transferee-member-id": hexId(target),
    };
    logger.info("leadership transfer starting", fields);
    this.#told(() => node.transferLeader(target));
    const deadline = runtime.clock.monotonic() + timeoutMs;
    // A successor that is gone takes nothing over: all members of a cluster may be told to stop at once.
    const isThere = (): boolean => transport.activeSince(target) !== undefined;
    while (node.leader !== target && isThere() && runtime.clock.monotonic() < deadline) {
      await new Promise<void>((resolve) => void runtime.clock.setTimer(10, resolve));
    }
    if (node.leader === target) logger.info("leadership transfer finished", fields);
    else {
      const error = isThere() ? "it took too long" : "the successor is gone";
      logger.warn("leadership transfer failed", { ...fields, error });
    }
  }

  /** Talks with nobody any more. A snapshot that raft has taken is installed all the same. */
  stop(): void {
    this.link.transport.stop();
  }

  #told(tell: () => void): void {
    tell();
    this.#options.loop().schedule();
  }
}

import { type AuthStore, Logins, type TokenProvider } from "@nodetcd/auth";
import type { Backend } from "@nodetcd/backend";
import type { ServerCall } from "@nodetcd/grpc";
import type { Lessor } from "@nodetcd/lease";
import type { Store } from "@nodetcd/mvcc";
import type {
  ConfChange,
  ConfState,
  Init,
  InternalRaftRequest,
  RaftSnapshot,
} from "@nodetcd/messages";
import type { RawNode } from "@nodetcd/raft";
import type { Logger, Runtime } from "@nodetcd/runtime";
import { AppliedIndex } from "./state/applied-index.ts";
import { EntryApplier } from "./apply/apply-entry.ts";
import { ApplyLoop } from "./apply/apply-loop.ts";
import { DiskRoom } from "./state/disk-room.ts";
import { Quota } from "./state/quota.ts";
import { followClusterVersion, isSchemaAhead, lowerSchema } from "./state/storage-version.ts";
import type { Bootstrap } from "./bootstrap/context.ts";
import { defaultConfig, type MemberConfig, requestTimeoutMs } from "./config.ts";
import { isFeatureEnabled } from "./feature-gates.ts";
import type { MemberContext } from "./member-context.ts";
import { peerQuestions } from "./bootstrap/found-cluster.ts";
import { dataDirectory } from "./data-dir.ts";
import { leaderLog } from "./leader-log.ts";
import { LeaseExpiry } from "./lease-expiry.ts";
import { Alarms } from "./state/alarms.ts";
import type { ApplyMeter } from "./measure/apply-meter.ts";
import type { Cluster } from "@nodetcd/membership";
import { LogSnapshots } from "./persist/log-snapshot.ts";
import { ReadyLoop } from "./persist/ready-loop.ts";
import { InFlight } from "./propose/in-flight.ts";
import { openTokens } from "./open-tokens.ts";
import { Proposer } from "./propose/propose.ts";
import { RequestIds } from "./wire/request-id.ts";
import { RaftFacade } from "./raft-facade.ts";
import { Replication, type ReplicationOptions } from "./replicate/replication.ts";
import { VersionMonitor } from "./replicate/version-monitor.ts";
import { LinearizableReads } from "./read/linearizable.ts";
import { FairQueue } from "./read/fair-queue.ts";
import { Access } from "./access.ts";
import { TimeoutCause } from "./propose/timeout-cause.ts";
import { raiseNoSpace } from "./receive/quota-check.ts";
import { ResponseHeaders } from "./wire/response-header.ts";

/** What the engine is built over. */
export interface EngineParts {
  readonly runtime: Runtime;
  readonly config: MemberConfig;
  readonly logger: Logger;
  readonly start: Bootstrap;
  readonly node: RawNode;
  readonly backend: Backend;
  readonly store: Store;
  readonly lessor: Lessor;
  readonly auth: AuthStore;
  readonly cluster: Cluster;
  readonly snapshotDirectory: string;
  readonly applyMeter: ApplyMeter;
  /** Answers what is asked on the peer port and is not raft's. */
  readonly fallback: ReplicationOptions["fallback"];
  /** The member cannot go on; called at most once. */
  readonly onFailure: (error: unknown) => void;
  /** It does not belong to the cluster any more. */
  readonly onRemoved: (reason: string) => void;
}

/** The loops of a member, wired to each other. Nothing runs before `loop.schedule()`. */
export interface Engine {
  readonly member: MemberContext;
  readonly loop: ReadyLoop;
  readonly applyLoop: ApplyLoop;
  readonly entries: EntryApplier;
  readonly inFlight: InFlight;
  readonly snapshots: LogSnapshots;
  readonly expiry: LeaseExpiry;
  readonly replication: Replication;
  readonly versions: VersionMonitor;
  /** Starts: a member that is alone in its group elects itself at once. */
  readonly campaign: () => void;
}

/** The records of a member in its database, and what counts and bounds its requests. */
interface Records {
  readonly applied: AppliedIndex;
  readonly headers: ResponseHeaders;
  readonly alarms: Alarms;
  readonly quota: Quota;
  readonly diskRoom: DiskRoom;
  readonly requestIds: RequestIds;
  readonly inFlight: InFlight;
  readonly tokens: TokenProvider;
}

function openRecords(parts: EngineParts, timeouts: TimeoutCause): Records {
  const { runtime, config, logger, start, backend, auth } = parts;
  const { memberId, clusterId, snapshotIndex, snapshotTerm } = start;
  const folders = [config.dataDir, dataDirectory(config).wal];
  const diskRoom = new DiskRoom({ clock: runtime.clock, disk: runtime.disk, logger, folders });
  const headers = new ResponseHeaders(clusterId, memberId);
  // Its first entry may be in the snapshot.
  headers.setTerm(snapshotTerm);
  return {
    diskRoom,
    applied: new AppliedIndex(backend, snapshotIndex, snapshotTerm),
    headers,
    alarms: new Alarms(backend),
    quota: new Quota(
      config.quotaBackendBytes,
      () => backend.size(),
      () => diskRoom.free,
    ),
    requestIds: new RequestIds(memberId, runtime.clock),
    inFlight: new InFlight(runtime.clock, requestTimeoutMs(config), (since) => timeouts.of(since)),
    tokens: openTokens(runtime, config, auth, logger),
  };
}

function buildEntryApplier(
  parts: EngineParts,
  records: Records,
  proposer: Proposer,
  onDowngrade: () => void,
): EntryApplier {
  const { runtime, backend, store, lessor, auth, cluster, logger, start } = parts;
  const { alarms, applied, headers, requestIds, inFlight, quota, tokens } = records;
  const { memberId, clusterId } = start;
  return new EntryApplier({
    state: { clock: runtime.clock, backend, store, lessor, alarms, auth, tokens, headers },
    applied,
    cluster,
    ids: { memberId, clusterId },
    requestIds,
    inFlight,
    quota,
    logger,
    meter: parts.applyMeter,
    raiseNoSpace: () => raiseNoSpace({ proposer, memberId }),
    onDowngrade,
  });
}

function buildSnapshots(
  parts: EngineParts,
  applied: AppliedIndex,
  loop: ReadyLoop,
  holdsLog: () => boolean,
): LogSnapshots {
  const { backend, start, cluster, runtime, logger, config } = parts;
  const options = {
    backend,
    storage: start.storage,
    wal: start.wal,
    loop,
    applied,
    cluster,
    disk: runtime.disk,
    logger,
    memberId: start.memberId,
    snapshotDirectory: parts.snapshotDirectory,
    snapshotCount: config.snapshotCount || defaultConfig.snapshotCount,
    catchupEntries: config.snapshotCatchupEntries,
    holdsLog,
    onForced: () => lowerSchema(backend, cluster, logger),
  };
  return new LogSnapshots(options, { index: start.snapshotIndex, term: start.snapshotTerm });
}

/** What applying entries tells the rest of the member. */
function buildApplyLoop(
  parts: EngineParts,
  records: Records,
  raft: RaftFacade,
  entries: EntryApplier,
  told: {
    readonly changeMembership: (change: ConfChange) => ConfState | undefined;
    readonly onLeading: () => void;
    readonly onProgress: () => void;
  },
): ApplyLoop {
  const { runtime, config, node, backend, lessor } = parts;
  return new ApplyLoop({
    clock: runtime.clock,
    meter: parts.applyMeter,
    applied: records.applied,
    entries,
    changeMembership: told.changeMembership,
    onTermStart: (term) => {
      records.headers.setTerm(term);
      raft.termStarted(term);
      if (!raft.isLeader || term !== node.term) return;
      lessor.promote(config.electionTimeoutMs);
      told.onLeading();
    },
    whenWritable: () => (backend.isOverloaded ? backend.whenWritable() : undefined),
    holdDatabase: () => backend.hold(),
    onProgress: told.onProgress,
    onFailure: (error) => {
      // The batch may hold a part of an entry's effects: it must never reach the disk.
      backend.onCommit(() => {
        throw error;
      });
      parts.onFailure(error);
    },
  });
}

/** Everything that the database holds, read again: a leader's snapshot has taken its place. */
function reloader(parts: EngineParts, records: Records, entries: EntryApplier) {
  const { auth, backend, cluster, lessor } = parts;
  return ({ metadata }: RaftSnapshot): void => {
    lessor.recover(backend);
    for (const record of [cluster, records.alarms, auth]) record.load(backend);
    records.applied.jump(metadata?.index ?? 0, metadata?.term ?? 0);
    records.headers.setTerm(metadata?.term ?? 0);
    entries.reload();
  };
}

/** What proposes requests of the member's own. */
interface OwnProposer {
  proposeMessage(request: Init<InternalRaftRequest>): Promise<Uint8Array>;
}

function startExpiry(parts: EngineParts, proposer: OwnProposer): LeaseExpiry {
  const { config, lessor, logger } = parts;
  const expiry = new LeaseExpiry(proposer, logger);
  lessor.onExpired = (expired) => expiry.revoke(expired);
  if (isFeatureEnabled(config.featureGates, "LeaseCheckpoint")) {
    lessor.onCheckpoint = (checkpoints) => {
      // One that is lost is made again later.
      proposer.proposeMessage({ leaseCheckpoint: { checkpoints } }).catch(() => undefined);
    };
  }
  return expiry;
}

/** Those that the ready loop calls, and that are built after it. */
interface LoopLinks {
  readonly raft: RaftFacade;
  readonly records: Records;
  readonly timeouts: TimeoutCause;
  readonly reads: LinearizableReads;
  applyLoop(): ApplyLoop;
  replication(): Replication;
  snapshots(): LogSnapshots;
}

function buildLoop(parts: EngineParts, links: LoopLinks): ReadyLoop {
  const { runtime, config, logger, start, node, lessor } = parts;
  const { raft, records, timeouts, reads, applyLoop, replication, snapshots } = links;
  const logLeader = leaderLog(node, start.memberId, logger);
  return new ReadyLoop({
    node,
    storage: start.storage,
    wal: start.wal,
    clock: runtime.clock,
    tickMs: config.heartbeatIntervalMs,
    commit: (committed) => applyLoop().push(committed),
    apply: (all) => (all ? applyLoop().drain() : applyLoop().run()),
    appliedIndex: () => records.applied.index,
    send: (messages) => replication().link.send(messages),
    saveSnapshot: (snapshot) => snapshots().saveReceived(snapshot),
    installSnapshot: (snapshot) => replication().installer.install(snapshot),
    onLeadership: () => {
      logLeader();
      timeouts.lookAtLeader();
      replication().link.transport.heartbeats.reset();
      if (!raft.isLeader) lessor.demote();
    },
    isWaitedFor: (id) => records.inFlight.isWaiting(id),
    onReadState: (index, context) => reads.confirmed(index, context),
    onFailure: parts.onFailure,
  });
}

/** Nobody else can win an election: this member founds a cluster alone, or is the only voter of one. */
function isAlone({ start, cluster }: EngineParts): boolean {
  const { voters } = cluster.confState();
  if (start.remotes.length > 0) return false;
  if (voters.length === 0) return start.peers.length <= 1;
  return voters.length === 1 && voters[0] === start.memberId;
}

function buildAccess(
  { config, auth }: EngineParts,
  { tokens, applied }: Records,
  reads: LinearizableReads,
): Access {
  const certificateUser =
    config.clientTls.clientCertAuth === true
      ? (call: ServerCall): string | undefined => call.peerCertificate?.commonName
      : undefined;
  return new Access({ auth, tokens, applied, reads, certificateUser });
}

function buildLogins({ runtime, config, logger, auth }: EngineParts): Logins {
  const { bcryptCost, authFailureDelayMs: failureDelayMs } = config;
  return new Logins({ ...runtime, auth, logger, bcryptCost, failureDelayMs });
}

function buildVersions(
  { runtime, config, logger, start, backend, cluster }: EngineParts,
  raft: RaftFacade,
  proposer: OwnProposer,
  snapshots: LogSnapshots,
): VersionMonitor {
  return new VersionMonitor({
    cluster,
    questions: peerQuestions(runtime, config, logger),
    memberId: start.memberId,
    proposer,
    logger,
    isLeader: () => raft.isLeader,
    followVersion: () => {
      const { version } = cluster;
      if (!isSchemaAhead(backend, version)) return followClusterVersion(backend, version, logger);
      snapshots.force();
      snapshots.takeIfDue();
    },
    downgradeCheckMs: config.downgradeCheckTimeMs,
  });
}

/** Builds the loops. They know each other by callbacks only, each called after all are built. */
export function buildEngine(parts: EngineParts): Engine {
  const { runtime, config, start, node, cluster } = parts;
  const ids = { memberId: start.memberId, clusterId: start.clusterId };
  const timeouts = new TimeoutCause(runtime.clock, config.electionTimeoutMs, {
    memberId: ids.memberId,
    leader: () => node.leader,
    voters: () => raft.voters,
    activeSince: (id) => replication.link.transport.activeSince(id),
  });
  const records = openRecords(parts, timeouts);
  const { applied, headers, inFlight, requestIds } = records;
  const raft: RaftFacade = new RaftFacade(node, ids.memberId, {
    onRequest: () => loop.schedule(),
    committedIndex: () => loop.committedIndex,
    appliedTerm: () => headers.term,
  });
  raft.setConfState(cluster.confState());
  const reads = new LinearizableReads(raft, applied, runtime.clock, requestTimeoutMs(config), () =>
    requestIds.full(requestIds.next()),
  );
  const loop: ReadyLoop = buildLoop(parts, {
    raft,
    records,
    timeouts,
    reads,
    applyLoop: () => applyLoop,
    replication: () => replication,
    snapshots: () => snapshots,
  });
  const proposer = new Proposer(loop, requestIds, inFlight, config.maxRequestBytes);
  const entries = buildEntryApplier(parts, records, proposer, () => snapshots.force());
  const replication: Replication = new Replication({
    ...parts,
    ids,
    loop: () => loop,
    drain: () => applyLoop.drain(),
    reload: reloader(parts, records, entries),
    onConfState: (confState) => raft.setConfState(confState),
    answer: (id, refusal) => entries.answerMembershipChange(id, refusal),
  });
  const snapshots = buildSnapshots(parts, applied, loop, () => replication.sender.holdsLog);
  const access = buildAccess(parts, records, reads);
  const asMember: OwnProposer = {
    proposeMessage: (request) => proposer.proposeMessage(request, access.member),
  };
  const versions = buildVersions(parts, raft, asMember, snapshots);
  const applyLoop = buildApplyLoop(parts, records, raft, entries, {
    changeMembership: (change) => replication.change(change),
    onLeading: () => versions.look(),
    onProgress: () => snapshots.takeIfDue(),
  });
  const { transport: peers } = replication.link;
  const shared = { proposer, reads, raft, access, peers, logins: buildLogins(parts) };
  const counted = { fairQueue: new FairQueue(runtime.clock), learners: { promoted: 0 } };
  return {
    member: { ...parts, ...records, ...ids, ...shared, ...counted },
    loop,
    applyLoop,
    entries,
    inFlight,
    snapshots,
    replication,
    versions,
    expiry: startExpiry(parts, asMember),
    campaign() {
      replication.start(start.remotes);
      loop.start(isAlone(parts) && config.initialElectionTickAdvance);
    },
  };
}

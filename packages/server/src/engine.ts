import { type AuthStore, Logins, type TokenProvider } from "@nodetcd/auth";
import type { Backend } from "@nodetcd/backend";
import type { ServerCall } from "@nodetcd/grpc";
import type { Lessor } from "@nodetcd/lease";
import type { Store } from "@nodetcd/mvcc";
import type { Init, InternalRaftRequest } from "@nodetcd/messages";
import type { RawNode } from "@nodetcd/raft";
import type { Logger, Runtime } from "@nodetcd/runtime";
import { applyMembershipChange } from "./apply/change-membership.ts";
import { AppliedIndex } from "./state/applied-index.ts";
import { EntryApplier } from "./apply/apply-entry.ts";
import { ApplyLoop } from "./apply/apply-loop.ts";
import { Quota } from "./state/quota.ts";
import type { Bootstrap } from "./bootstrap/context.ts";
import type { MemberConfig } from "./config.ts";
import type { MemberContext } from "./member-context.ts";
import { leaderLog } from "./leader-log.ts";
import { LeaseExpiry } from "./lease-expiry.ts";
import { Alarms } from "./state/alarms.ts";
import type { ApplyMeter } from "./measure/apply-meter.ts";
import type { Cluster } from "./membership/cluster.ts";
import { LogSnapshots } from "./persist/log-snapshot.ts";
import { ReadyLoop } from "./persist/ready-loop.ts";
import { InFlight } from "./propose/in-flight.ts";
import { openTokens } from "./open-tokens.ts";
import { Proposer } from "./propose/propose.ts";
import { RequestIds } from "./wire/request-id.ts";
import { RaftFacade } from "./raft-facade.ts";
import { LinearizableReads } from "./read/linearizable.ts";
import { FairQueue } from "./read/fair-queue.ts";
import { Access } from "./receive/access.ts";
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
  /** The member cannot go on; called at most once. */
  readonly onFailure: (error: unknown) => void;
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
  /** Resolves once a leader's first entry is applied: everything before it is, too. */
  readonly ready: Promise<void>;
  /** Starts: a member that is alone in its group elects itself at once. */
  readonly campaign: () => void;
}

/** How long a request may take: 5 s and two elections, in milliseconds (etcd's rule). */
export function requestTimeoutMs(config: MemberConfig): number {
  return 5_000 + 2 * config.electionTimeoutMs;
}

/** The records of a member in its database, and what counts and bounds its requests. */
interface Records {
  readonly applied: AppliedIndex;
  readonly headers: ResponseHeaders;
  readonly alarms: Alarms;
  readonly quota: Quota;
  readonly requestIds: RequestIds;
  readonly inFlight: InFlight;
  readonly tokens: TokenProvider;
}

function openRecords({ runtime, config, logger, start, backend, auth }: EngineParts): Records {
  const { memberId, clusterId, snapshotIndex, snapshotTerm } = start;
  return {
    applied: new AppliedIndex(backend, snapshotIndex, snapshotTerm),
    headers: new ResponseHeaders(clusterId, memberId),
    alarms: new Alarms(backend),
    quota: new Quota(config.quotaBackendBytes, () => backend.size()),
    requestIds: new RequestIds(memberId, runtime.clock),
    inFlight: new InFlight(runtime.clock, requestTimeoutMs(config)),
    tokens: openTokens(runtime, config, auth, logger),
  };
}

function buildEntryApplier(parts: EngineParts, records: Records, proposer: Proposer): EntryApplier {
  const { backend, store, lessor, auth, cluster, logger, start } = parts;
  const { alarms, applied, headers, requestIds, inFlight, quota, tokens } = records;
  const { memberId, clusterId } = start;
  return new EntryApplier({
    state: { backend, store, lessor, alarms, auth, tokens, headers },
    applied,
    cluster,
    ids: { memberId, clusterId },
    requestIds,
    inFlight,
    quota,
    logger,
    meter: parts.applyMeter,
    raiseNoSpace: () => raiseNoSpace({ proposer, memberId }),
  });
}

function buildSnapshots(parts: EngineParts, applied: AppliedIndex, loop: ReadyLoop): LogSnapshots {
  const { backend, start, cluster, runtime, logger, config } = parts;
  const options = {
    backend,
    storage: start.storage,
    loop,
    applied,
    cluster,
    disk: runtime.disk,
    logger,
    memberId: start.memberId,
    snapshotDirectory: parts.snapshotDirectory,
    snapshotCount: config.snapshotCount,
    catchupEntries: config.snapshotCatchupEntries,
  };
  return new LogSnapshots(options, { index: start.snapshotIndex, term: start.snapshotTerm });
}

/** What applying entries tells the rest of the member. */
function buildApplyLoop(
  parts: EngineParts,
  records: Records,
  raft: RaftFacade,
  entries: EntryApplier,
  told: { readonly becomeReady: () => void; readonly onProgress: () => void },
): ApplyLoop {
  const { runtime, config, logger, start, node, backend, lessor, cluster } = parts;
  return new ApplyLoop({
    clock: runtime.clock,
    meter: parts.applyMeter,
    applied: records.applied,
    entries,
    changeMembership: (change) => {
      const confState = raft.change(change);
      applyMembershipChange(cluster, start, logger, change);
      return confState;
    },
    onTermStart: (term) => {
      records.headers.setTerm(term);
      raft.termStarted(term);
      if (!raft.isLeader || term !== node.term) return;
      lessor.promote(config.electionTimeoutMs);
      told.becomeReady();
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

/** Builds the loops. They know each other by callbacks only, each called after all are built. */
export function buildEngine(parts: EngineParts): Engine {
  const { runtime, config, logger, start, node, lessor, cluster } = parts;
  const { memberId, clusterId } = start;
  const records = openRecords(parts);
  const { applied, headers, inFlight, requestIds } = records;

  const raft = new RaftFacade(node, memberId, {
    onReadIndex: () => loop.schedule(),
    committedIndex: () => loop.committedIndex,
    appliedTerm: () => headers.term,
  });
  raft.setConfState(cluster.confState());
  const reads = new LinearizableReads(raft, applied, runtime.clock, requestTimeoutMs(config));
  const logLeader = leaderLog(node, memberId, logger);
  const loop = new ReadyLoop({
    node,
    storage: start.storage,
    wal: start.wal,
    clock: runtime.clock,
    tickMs: config.heartbeatIntervalMs,
    commit: (committed) => applyLoop.push(committed),
    apply: (all) => (all ? applyLoop.drain() : applyLoop.run()),
    appliedIndex: () => applied.index,
    send: () => undefined,
    onLeadership: () => {
      logLeader();
      if (!raft.isLeader) lessor.demote();
    },
    onReadState: (index, context) => reads.confirmed(index, context),
    onFailure: parts.onFailure,
  });

  const proposer = new Proposer(loop, requestIds, inFlight, config.maxRequestBytes);
  const entries = buildEntryApplier(parts, records, proposer);
  const snapshots = buildSnapshots(parts, applied, loop);
  let becomeReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (becomeReady = resolve));
  const applyLoop = buildApplyLoop(parts, records, raft, entries, {
    becomeReady: () => becomeReady(),
    onProgress: () => snapshots.takeIfDue(),
  });
  const { auth } = parts;
  const certificateUser =
    config.clientTls.clientCertAuth === true
      ? (call: ServerCall) => call.peerCertificate?.commonName
      : undefined;
  const access = new Access({ auth, tokens: records.tokens, applied, reads, certificateUser });
  const asMember = {
    proposeMessage: (request: Init<InternalRaftRequest>) =>
      proposer.proposeMessage(request, access.member),
  };
  const expiry = new LeaseExpiry(asMember, logger);
  lessor.onExpired = (expired) => expiry.revoke(expired);
  if (config.featureGates.LeaseCheckpoint === true) {
    lessor.onCheckpoint = (checkpoints) => {
      // One that is lost is made again later.
      proposer.proposeMessage({ leaseCheckpoint: { checkpoints } }).catch(() => undefined);
    };
  }

  const fairQueue = new FairQueue(runtime.clock);
  const member: MemberContext = {
    ...parts,
    ...records,
    memberId,
    clusterId,
    proposer,
    reads,
    fairQueue,
    raft,
    access,
    logins: new Logins({ ...runtime, auth, logger, bcryptCost: config.bcryptCost }),
  };
  const campaign = (): void => {
    const { voters } = cluster.confState();
    const alone = voters.length === 0 || (voters.length === 1 && voters[0] === memberId);
    loop.start(alone && config.initialElectionTickAdvance);
  };
  return { member, loop, applyLoop, entries, inFlight, snapshots, expiry, ready, campaign };
}

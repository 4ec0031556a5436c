import { assert, InvariantError, WireReader } from "@nodetcd/bytes";
import {
  AlarmAction,
  AlarmType,
  InternalRaftRequest,
  PutRequest,
  RequestHeader,
} from "@nodetcd/messages";
import type { Logger } from "@nodetcd/runtime";
import { RequestError } from "../errors.ts";
import type { ApplyMeter } from "../measure/apply-meter.ts";
import { applyAttributes, type Cluster } from "@nodetcd/membership";
import { decodePutEntry, type PutEntry } from "../wire/entry-codec.ts";
import type { InFlight, Waiter } from "../propose/in-flight.ts";
import type { RequestIds } from "../wire/request-id.ts";
import { toRequestError } from "../wire/error-map.ts";
import {
  type Applier,
  type ApplyContext,
  type Continuation,
  done,
  type Outcome,
  type State,
} from "./applier.ts";
import { applyAuth } from "./auth.ts";
import { applyClusterVersionSet } from "./cluster-version-set.ts";
import { authorizationGuard } from "./guards/authorization.ts";
import { corruptGuard, noSpaceGuard } from "./guards/alarm.ts";
import { quotaGuard } from "./guards/quota.ts";
import type { AppliedIndex } from "../state/applied-index.ts";
import type { Quota } from "../state/quota.ts";
import { keyValueApplier } from "./key-value-applier.ts";

/** What the apply loop counts; plain numbers, read when metrics are scraped. */
export interface ApplyCounters {
  puts: number;
  deletes: number;
  txns: number;
  others: number;
  failed: number;
}

export interface EntryApplierOptions {
  readonly state: State;
  readonly cluster: Cluster;
  readonly ids: { readonly clusterId: bigint; readonly memberId: bigint };
  readonly requestIds: RequestIds;
  readonly inFlight: InFlight;
  /** Of the entry before the one that is applied. */
  readonly applied: Pick<AppliedIndex, "index" | "touch">;
  readonly quota: Quota;
  readonly logger: Logger;
  readonly meter: ApplyMeter;
  /** Proposes the NOSPACE alarm of this member; settles when it is in force, or has failed. */
  readonly raiseNoSpace: () => Promise<void>;
  /** The cluster's version has been lowered by the entry that is applied. */
  readonly onDowngrade: () => void;
}

const NO_REPLY = new Uint8Array(0);
/** Contexts of a put by nobody in particular, whose reply somebody waits for, or nobody. */
const HEARD: ApplyContext = { user: "", authRevision: 0, needsReply: true };
const UNHEARD: ApplyContext = { user: "", authRevision: 0, needsReply: false };

/** Applies one normal entry: finds who waits for it, runs it through the guards, answers. */
export class EntryApplier {
  readonly #options: EntryApplierOptions;
  readonly #base: Applier;
  #guarded: Applier;
  readonly #put: PutEntry = {
    start: 0,
    end: 0,
    idHigh: 0,
    idLow: 0,
    callerStart: 0,
    callerEnd: 0,
  };
  readonly counters: ApplyCounters = { puts: 0, deletes: 0, txns: 0, others: 0, failed: 0 };

  constructor(options: EntryApplierOptions) {
    this.#options = options;
    const { auth, lessor } = options.state;
    const inner = quotaGuard(keyValueApplier(options.state), options.quota);
    this.#base = authorizationGuard(inner, auth, lessor);
    this.#guarded = this.#base;
    this.#chooseGuards();
  }

  /** The alarms are others than before: a snapshot from the leader brought them. */
  reload(): void {
    this.#chooseGuards();
  }

  /** Answers who waits for a change of the members, on the member that proposed it. */
  answerMembershipChange(id: bigint, refusal: RequestError | undefined): void {
    const waiter = this.#takeWaiter(Number(id >> 32n), Number(id & 0xffff_ffffn));
    if (refusal === undefined) waiter?.succeed(NO_REPLY);
    else waiter?.fail(refusal);
  }

  /** Outermost the corrupt alarm, under it the full disk, under that, whatever is raised, who may. */
  #chooseGuards(): void {
    const { alarms } = this.#options.state;
    this.#guarded = this.#base;
    if (alarms.has(AlarmType.NOSPACE)) this.#guarded = noSpaceGuard(this.#guarded);
    if (alarms.has(AlarmType.CORRUPT)) this.#guarded = corruptGuard(this.#guarded);
  }

  /**
   * Applies an entry's data, borrowed but never changed afterwards, or the first part of it. Never raises a
   * refusal.
   *
   * @returns undefined when it is applied; else what does the next part, and answers true when that was the last
   */
  apply(data: Uint8Array): (() => boolean) | undefined {
    if (!decodePutEntry(data, this.#put)) {
      return this.#applyRequest(InternalRaftRequest.decode(data));
    }
    this.#applyPut(data);
    return undefined;
  }

  #applyPut(data: Uint8Array): void {
    const { start, end, idHigh, idLow } = this.#put;
    const waiter = this.#takeWaiter(idHigh, idLow);
    this.counters.puts++;
    const { meter } = this.#options;
    let outcome: Outcome;
    try {
      const request = PutRequest.read(new WireReader(data, start, end), end);
      outcome = this.#guarded.put(request, this.#putContext(data, waiter !== undefined));
      meter.put(data);
    } catch (error) {
      meter.refusedPut();
      this.#fail(waiter, error);
      return;
    }
    assert(outcome.kind === "done", "A put is applied in one turn");
    waiter?.succeed(outcome.reply);
  }

  /** Of the put that was recognised last. */
  #putContext(data: Uint8Array, needsReply: boolean): ApplyContext {
    const { callerStart, callerEnd } = this.#put;
    if (callerStart === callerEnd) return needsReply ? HEARD : UNHEARD;
    const reader = new WireReader(data, callerStart, callerEnd);
    const { username, authRevision } = RequestHeader.read(reader, callerEnd);
    return { user: username, authRevision, needsReply };
  }

  #takeWaiter(idHigh: number, idLow: number): Waiter | undefined {
    const suffix = this.#options.requestIds.suffixOf(idHigh, idLow);
    return suffix < 0 ? undefined : this.#options.inFlight.take(suffix);
  }

  #applyRequest(request: InternalRaftRequest): (() => boolean) | undefined {
    const { header } = request;
    const id = request.id === 0n ? (header?.id ?? 0n) : request.id;
    const waiter = this.#takeWaiter(Number(id >> 32n), Number(id & 0xffff_ffffn));
    const context: ApplyContext = {
      user: header?.username ?? "",
      authRevision: header?.authRevision ?? 0,
      needsReply: waiter !== undefined,
    };
    const { meter } = this.#options;
    const start = meter.now();
    let outcome: Outcome;
    try {
      outcome = this.#dispatch(request, context);
    } catch (error) {
      meter.request(request, start, false, undefined);
      this.#fail(waiter, error);
      return undefined;
    }
    const succeed = (reply: Uint8Array): void => {
      meter.request(request, start, true, reply);
      waiter?.succeed(reply);
    };
    switch (outcome.kind) {
      case "done":
        succeed(outcome.reply);
        return undefined;
      case "unfinished":
        return () => this.#goOn(outcome.next, waiter, succeed);
      case "compacting":
        meter.request(request, start, true, outcome.reply);
        meter.compaction(start, outcome.physical);
        if (waiter !== undefined) answerCompaction(waiter, outcome, request.compaction?.physical);
        return undefined;
    }
  }

  #dispatch(request: InternalRaftRequest, context: ApplyContext): Outcome {
    const applier = this.#guarded;
    if (request.txn !== undefined) {
      this.counters.txns++;
      return applier.txn(request.txn, context);
    }
    if (request.deleteRange !== undefined) {
      this.counters.deletes++;
      return applier.deleteRange(request.deleteRange, context);
    }
    if (request.put !== undefined) {
      this.counters.puts++;
      return applier.put(request.put, context);
    }
    this.counters.others++;
    if (request.range !== undefined) {
      // A read has no effect; another member may have put it into the log.
      return context.needsReply ? applier.range(request.range, context) : done(NO_REPLY);
    }
    if (request.compaction !== undefined) return applier.compact(request.compaction, context);
    if (request.leaseGrant !== undefined) return applier.leaseGrant(request.leaseGrant, context);
    if (request.leaseRevoke !== undefined) return applier.leaseRevoke(request.leaseRevoke, context);
    if (request.leaseCheckpoint !== undefined) {
      return applier.leaseCheckpoint(request.leaseCheckpoint, context);
    }
    if (request.alarm !== undefined) {
      const outcome = applier.alarm(request.alarm, context);
      if (request.alarm.action !== AlarmAction.GET) this.#chooseGuards();
      return outcome;
    }
    const { state, applied } = this.#options;
    const reply = applyAuth(state, request, context, applied);
    if (reply !== undefined) return done(reply);
    this.#dispatchToCluster(request);
    return done(NO_REPLY);
  }

  /** Does the next part of a request; true when that was the last. What fails in the middle is no refusal. */
  #goOn(
    next: Continuation,
    waiter: Waiter | undefined,
    succeed: (reply: Uint8Array) => void,
  ): boolean {
    try {
      const reply = next();
      if (reply !== undefined) succeed(reply);
      return reply !== undefined;
    } catch (error) {
      if (!(error instanceof RequestError)) {
        waiter?.fail(toRequestError(error));
        throw error;
      }
      this.#fail(waiter, error);
      return true;
    }
  }

  #dispatchToCluster(request: InternalRaftRequest): void {
    const { cluster, state, ids, logger, onDowngrade } = this.#options;
    const { clusterVersionSet: version } = request;
    if (version !== undefined) {
      applyClusterVersionSet(cluster, state.backend, ids, logger, version, onDowngrade);
    } else if (request.clusterMemberAttrSet !== undefined) {
      const { memberId, memberAttributes } = request.clusterMemberAttrSet;
      const said = memberAttributes ?? { name: "", clientUrls: [] };
      applyAttributes(cluster, ids, logger, memberId, said);
    } else if (request.downgradeInfoSet !== undefined) {
      const { enabled, ver } = request.downgradeInfoSet;
      cluster.setDowngradeTarget(enabled ? ver : undefined);
    } else if (request.downgradeVersionTest === undefined) {
      // To pass it over would make this member's data another than the others'.
      throw new InvariantError(
        "This version does not know a request of the log; nothing is applied behind it",
      );
    }
  }

  #fail(waiter: Waiter | undefined, error: unknown): void {
    const refusal = toRequestError(error);
    this.counters.failed++;
    if (refusal.code === "INTERNAL") {
      this.#options.logger.error("failed to apply request", { error: refusal.message });
      waiter?.fail(refusal);
      throw error;
    }
    const full = refusal.code === "NO_SPACE" && !this.#options.state.alarms.has(AlarmType.NOSPACE);
    if (!full) {
      waiter?.fail(refusal);
      return;
    }
    this.#options.logger.warn("message exceeded backend quota; raising alarm", {
      "quota-size-bytes": this.#options.quota.limit,
    });
    void this.#options.raiseNoSpace().finally(() => waiter?.fail(refusal));
  }
}

function answerCompaction(
  waiter: Waiter,
  { reply, physical }: Extract<Outcome, { kind: "compacting" }>,
  waits: boolean | undefined,
): void {
  if (waits !== true) {
    waiter.succeed(reply);
    return;
  }
  physical.then(
    () => waiter.succeed(reply),
    (error: unknown) => waiter.fail(toRequestError(error)),
  );
}

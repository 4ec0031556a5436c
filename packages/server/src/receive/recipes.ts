import { prefixEnd } from "@nodetcd/bytes";
import {
  CompareResult,
  CompareTarget,
  DeleteRangeResponse,
  EventType,
  type Init,
  type InternalRaftRequest,
  LeaseGrantResponse,
  NO_BYTES,
  RangeRequest,
  type ResponseHeader,
  SortOrder,
  SortTarget,
  type Compare,
  type TxnRequest,
  TxnResponse,
} from "@nodetcd/messages";
import type { ServerCall } from "@nodetcd/grpc";
import type { StoredEvent, StoredKeyValue } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";
import { findRange } from "../read/range.ts";
import type { Caller } from "../wire/caller.ts";
import type { CallScope } from "./call-scope.ts";
import { chooseLeaseId } from "./lease-grant.ts";

/** Lifetime of a lease made for a caller that has brought none, in seconds (etcd's number). */
const SESSION_TTL_SECONDS = 60;

/**
 * Who runs a recipe: one call, which may wait long between its steps. So each step asks anew who that is, and each is
 * allowed or refused as if the client had made it by itself.
 */
export class RecipeCall {
  readonly member: MemberContext;
  readonly #call: ServerCall;

  constructor(member: MemberContext, call: ServerCall) {
    this.member = member;
    this.#call = call;
  }

  async propose(request: Init<InternalRaftRequest>): Promise<Uint8Array> {
    const caller = await this.member.access.identify(this.#call);
    return this.member.proposer.proposeMessage(request, caller);
  }

  /** Raises an `AuthError` when the caller may not read these keys. */
  async checkRead(key: Uint8Array, rangeEnd: Uint8Array): Promise<Caller> {
    const caller = await this.member.access.identify(this.#call);
    this.member.auth.checkKeys(caller, key, rangeEnd, "read");
    return caller;
  }

  async checkKnown(): Promise<void> {
    this.member.auth.checkKnown(await this.member.access.identify(this.#call));
  }
}

export async function proposeTxn(by: RecipeCall, txn: Init<TxnRequest>): Promise<TxnResponse> {
  return TxnResponse.decode(await by.propose({ txn }));
}

export async function proposeDelete(by: RecipeCall, key: Uint8Array): Promise<ResponseHeader> {
  const reply = await by.propose({ deleteRange: { key } });
  return DeleteRangeResponse.decode(reply).header ?? by.member.headers.of(0);
}

/** The caller's lease, or a new one when it has none (0). */
export async function sessionLease(by: RecipeCall, lease: bigint): Promise<bigint> {
  if (lease !== 0n) return lease;
  await by.checkKnown();
  const leaseGrant = { id: chooseLeaseId(by.member), ttl: SESSION_TTL_SECONDS };
  return LeaseGrantResponse.decode(await by.propose({ leaseGrant })).id;
}

/** `name/` and the lease in hexadecimal: what a lock or a candidate is called. */
export function ownedKey(name: Uint8Array, lease: bigint): Uint8Array {
  return Buffer.concat([name, Buffer.from(`/${lease.toString(16)}`)]);
}

/** All keys under a name. */
export function prefixOf(name: Uint8Array): Uint8Array {
  return Buffer.concat([name, Buffer.from("/")]);
}

export function createdAt(key: Uint8Array, createRevision: number): Init<Compare> {
  const { CREATE } = CompareTarget;
  return { key, target: CREATE, result: CompareResult.EQUAL, createRevision };
}

/** The key under a prefix that was created first: who holds the lock, who leads. */
export function firstCreated(prefix: Uint8Array): Init<RangeRequest> {
  return {
    key: prefix,
    rangeEnd: prefixEnd(prefix),
    sortTarget: SortTarget.CREATE,
    sortOrder: SortOrder.ASCEND,
    limit: 1,
  };
}

/** Reads with everything acknowledged so far. */
export async function readNow(
  by: RecipeCall,
  init: Init<RangeRequest>,
): Promise<{ revision: number; keyValues: readonly StoredKeyValue[] }> {
  const request = RangeRequest.decode(RangeRequest.encode(init));
  await by.member.reads.wait();
  by.member.auth.checkUnchanged(await by.checkRead(request.key, request.rangeEnd));
  return findRange(by.member.store, request);
}

/**
 * Gives the events of a range from a revision on to `visit` until it answers true; rejects when
 * history is gone. Resolves early when the scope's client goes away: look at `scope.cancelled`.
 */
export async function watchUntil(
  by: RecipeCall,
  scope: CallScope,
  range: { key: Uint8Array; end: Uint8Array; startRevision: number },
  visit: (event: StoredEvent, revision: number) => boolean,
): Promise<void> {
  await by.checkRead(range.key, range.end);
  return new Promise((resolve, reject) => {
    let done = false;
    const finish = (settle: () => void): void => {
      if (done) return;
      done = true;
      scope.doneWaiting();
      stream.close();
      settle();
    };
    const stream = by.member.store.watches.openStream(({ events, compactRevision, revision }) => {
      if (compactRevision !== 0) {
        finish(() => reject(new Error("etcdserver: mvcc: required revision has been compacted")));
      } else if (events.some((event) => !done && visit(event, revision))) finish(resolve);
      return true;
    });
    stream.watch(range);
    scope.whileWaiting(() => finish(resolve));
  });
}

/** Waits until no key under `prefix` is left that was created at or before `createRevision`. */
export async function waitForEarlier(
  by: RecipeCall,
  scope: CallScope,
  prefix: Uint8Array,
  createRevision: number,
): Promise<void> {
  while (!scope.cancelled) {
    const { revision, keyValues } = await readNow(by, {
      key: prefix,
      rangeEnd: prefixEnd(prefix),
      sortTarget: SortTarget.CREATE,
      sortOrder: SortOrder.DESCEND,
      limit: 1,
      maxCreateRevision: createRevision,
    });
    const last = keyValues[0];
    if (last === undefined || scope.cancelled) return;
    const range = { key: last.key, end: NO_BYTES, startRevision: revision };
    await watchUntil(by, scope, range, (event) => event.type === EventType.DELETE);
  }
}

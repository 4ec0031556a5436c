import { prefixEnd } from "@nodetcd/bytes";
import {
  CompareResult,
  CompareTarget,
  DeleteRangeResponse,
  EventType,
  type Init,
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
import type { StoredEvent, StoredKeyValue } from "@nodetcd/mvcc";
import type { MemberContext } from "../member-context.ts";
import { findRange } from "../read/range.ts";
import type { CallScope } from "./call-scope.ts";
import { chooseLeaseId } from "./lease-grant.ts";

/** Lifetime of a lease made for a caller that has brought none, in seconds (etcd's number). */
const SESSION_TTL_SECONDS = 60;

/** Proposes a transaction of the member's own. */
export async function proposeTxn(
  member: MemberContext,
  txn: Init<TxnRequest>,
): Promise<TxnResponse> {
  return TxnResponse.decode(await member.proposer.proposeMessage({ txn }));
}

export async function proposeDelete(
  member: MemberContext,
  key: Uint8Array,
): Promise<ResponseHeader> {
  const reply = await member.proposer.proposeMessage({ deleteRange: { key } });
  return DeleteRangeResponse.decode(reply).header ?? member.headers.of(0);
}

/** The caller's lease, or a new one when it has none (0). */
export async function sessionLease(member: MemberContext, lease: bigint): Promise<bigint> {
  if (lease !== 0n) return lease;
  const leaseGrant = { id: chooseLeaseId(member), ttl: SESSION_TTL_SECONDS };
  return LeaseGrantResponse.decode(await member.proposer.proposeMessage({ leaseGrant })).id;
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
  member: MemberContext,
  request: Init<RangeRequest>,
): Promise<{ revision: number; keyValues: readonly StoredKeyValue[] }> {
  await member.reads.wait();
  return findRange(member.store, RangeRequest.decode(RangeRequest.encode(request)));
}

/**
 * Gives the events of a range from a revision on to `visit` until it answers true; rejects when
 * history is gone. Resolves early when the scope's client goes away: look at `scope.cancelled`.
 */
export function watchUntil(
  member: MemberContext,
  scope: CallScope,
  range: { key: Uint8Array; end: Uint8Array; startRevision: number },
  visit: (event: StoredEvent, revision: number) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false;
    const finish = (settle: () => void): void => {
      if (done) return;
      done = true;
      scope.doneWaiting();
      stream.close();
      settle();
    };
    const stream = member.store.watches.openStream(({ events, compactRevision, revision }) => {
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
  member: MemberContext,
  scope: CallScope,
  prefix: Uint8Array,
  createRevision: number,
): Promise<void> {
  while (!scope.cancelled) {
    const { revision, keyValues } = await readNow(member, {
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
    await watchUntil(member, scope, range, (event) => event.type === EventType.DELETE);
  }
}

import type { MemberContext } from "../member-context.ts";
import { METHODS, type MethodPath } from "@nodetcd/messages";
import { RequestField } from "../wire/entry-codec.ts";
import { authHandlers } from "./auth.ts";
import { receiveCampaign } from "./campaign.ts";
import { receiveDefragment } from "./defragment.ts";
import type { QuickHandlers } from "./dispatcher.ts";
import { receiveDowngrade } from "./downgrade.ts";
import type { Handlers } from "./handler.ts";
import { receiveHash, receiveHashKv } from "./hash.ts";
import {
  type HealthStatus,
  receiveHealthCheck,
  receiveHealthList,
  receiveHealthWatch,
} from "./health.ts";
import { receiveLeader } from "./leader.ts";
import { receiveLeaseGrant } from "./lease-grant.ts";
import { receiveLeaseKeepAlive } from "./lease-keep-alive.ts";
import { receiveLeaseLeases, receiveLeaseTimeToLive } from "./lease-time-to-live.ts";
import { receiveLock, receiveUnlock } from "./lock.ts";
import { receiveMemberList } from "./member-list.ts";
import {
  receiveMemberAdd,
  receiveMemberPromote,
  receiveMemberRemove,
  receiveMemberUpdate,
} from "./membership.ts";
import { receiveMoveLeader } from "./move-leader.ts";
import { receiveObserve } from "./observe.ts";
import { receiveProclaim, receiveResign } from "./proclaim.ts";
import { proposing } from "./propose-request.ts";
import { receivePut } from "./put.ts";
import { answerPointRead, receiveRange } from "./range.ts";
import { receiveRangeStream } from "./range-stream.ts";
import { checkDeleteRequest } from "./request-limits.ts";
import { receiveSnapshot } from "./snapshot.ts";
import { receiveStatus } from "./status.ts";
import { receiveTxn } from "./txn.ts";
import { receiveWatch } from "./watch.ts";

/** What answers each method of the table; those that need more than a row have a file of their own. */
export function handlersOf(member: MemberContext, health: HealthStatus): Handlers {
  return {
    Health: {
      Check: receiveHealthCheck(health),
      List: receiveHealthList(health),
      Watch: receiveHealthWatch(health),
    },
    KV: {
      Range: receiveRange(member),
      RangeStream: receiveRangeStream(member),
      Put: receivePut(member),
      DeleteRange: proposing(member, RequestField.deleteRange, checkDeleteRequest),
      Txn: receiveTxn(member),
      Compact: proposing(member, RequestField.compaction),
    },
    Watch: { Watch: receiveWatch(member) },
    Lease: {
      LeaseGrant: receiveLeaseGrant(member),
      LeaseRevoke: proposing(member, RequestField.leaseRevoke),
      LeaseKeepAlive: receiveLeaseKeepAlive(member),
      LeaseTimeToLive: receiveLeaseTimeToLive(member),
      LeaseLeases: receiveLeaseLeases(member),
    },
    Cluster: {
      MemberAdd: receiveMemberAdd(member),
      MemberRemove: receiveMemberRemove(member),
      MemberUpdate: receiveMemberUpdate(member),
      MemberList: receiveMemberList(member),
      MemberPromote: receiveMemberPromote(member),
    },
    Maintenance: {
      // Even listing alarms goes through the log, as in etcd.
      Alarm: proposing(member, RequestField.alarm),
      Status: receiveStatus(member),
      Defragment: receiveDefragment(member, health),
      Hash: receiveHash(member),
      HashKV: receiveHashKv(member),
      Snapshot: receiveSnapshot(member),
      MoveLeader: receiveMoveLeader(member),
      Downgrade: receiveDowngrade(member),
    },
    Auth: authHandlers(member),
    Election: {
      Campaign: receiveCampaign(member),
      Proclaim: receiveProclaim(member),
      Leader: receiveLeader(member),
      Observe: receiveObserve(member),
      Resign: receiveResign(member),
    },
    Lock: { Lock: receiveLock(member), Unlock: receiveUnlock(member) },
  };
}

/** Short cuts for what most calls are. */
export function quickHandlersOf(member: MemberContext): QuickHandlers {
  return { [METHODS.KV.Range.path]: answerPointRead(member) } satisfies Partial<
    Record<MethodPath, unknown>
  >;
}

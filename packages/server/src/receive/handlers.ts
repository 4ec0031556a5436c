import type { MemberContext } from "../member-context.ts";
import { METHODS, type MethodPath } from "@nodetcd/messages";
import { notImplemented, RequestError } from "../errors.ts";
import { RequestField } from "../wire/entry-codec.ts";
import { receiveAuthStatus } from "./auth-status.ts";
import { receiveCampaign } from "./campaign.ts";
import { receiveDefragment } from "./defragment.ts";
import type { QuickHandlers } from "./dispatcher.ts";
import { receiveDowngrade } from "./downgrade.ts";
import type { Handlers, UnaryHandler } from "./handler.ts";
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

/** Known, and answers UNIMPLEMENTED so far. */
function notBuilt(method: { readonly name: string }): UnaryHandler<unknown, never> {
  return () => {
    throw notImplemented(method.name);
  };
}

/** Authentication is not built yet, and so never enabled. */
function authHandlers(member: MemberContext): Handlers["Auth"] {
  const { Auth } = METHODS;
  return {
    AuthEnable: notBuilt(Auth.AuthEnable),
    AuthDisable: notBuilt(Auth.AuthDisable),
    AuthStatus: receiveAuthStatus(member),
    Authenticate: () => {
      throw new RequestError("AUTH_NOT_ENABLED");
    },
    UserAdd: notBuilt(Auth.UserAdd),
    UserGet: notBuilt(Auth.UserGet),
    UserList: notBuilt(Auth.UserList),
    UserDelete: notBuilt(Auth.UserDelete),
    UserChangePassword: notBuilt(Auth.UserChangePassword),
    UserGrantRole: notBuilt(Auth.UserGrantRole),
    UserRevokeRole: notBuilt(Auth.UserRevokeRole),
    RoleAdd: notBuilt(Auth.RoleAdd),
    RoleGet: notBuilt(Auth.RoleGet),
    RoleList: notBuilt(Auth.RoleList),
    RoleDelete: notBuilt(Auth.RoleDelete),
    RoleGrantPermission: notBuilt(Auth.RoleGrantPermission),
    RoleRevokePermission: notBuilt(Auth.RoleRevokePermission),
  };
}

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
      MemberAdd: receiveMemberAdd(),
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

import type {
  AlarmResponse,
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionResponse,
  AuthStatusResponse,
  AuthUserAddResponse,
  AuthUserChangePasswordResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleResponse,
  DeleteRangeResponse,
  DowngradeResponse,
  HashKVResponse,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeResponse,
  LeaseTimeToLiveResponse,
  MemberAddResponse,
  MemberListResponse,
  MemberPromoteResponse,
  MemberRemoveResponse,
  MemberUpdateResponse,
  MoveLeaderResponse,
  PutResponse,
  RangeResponse,
  StatusResponse,
  TxnResponse,
  WatchResponse,
} from "@nodetcd/messages";

export interface EndpointHealth {
  readonly endpoint: string;
  readonly isHealthy: boolean;
  /** As Go writes durations; empty when nothing could be asked. */
  readonly took: string;
  /** Empty: none. */
  readonly error: string;
}

export interface EndpointReply<Reply> {
  readonly endpoint: string;
  readonly reply: Reply;
}

/** All that can be shown, by kind. Most are a server's reply as it came. */
export interface Replies {
  get: RangeResponse;
  put: PutResponse;
  del: DeleteRangeResponse;
  txn: TxnResponse;
  watch: WatchResponse;
  grant: LeaseGrantResponse;
  revoke: LeaseRevokeResponse;
  keepAlive: LeaseKeepAliveResponse;
  timeToLive: LeaseTimeToLiveResponse;
  leases: LeaseLeasesResponse;
  memberAdd: MemberAddResponse;
  memberRemove: MemberRemoveResponse;
  memberUpdate: MemberUpdateResponse;
  memberPromote: MemberPromoteResponse;
  memberList: MemberListResponse;
  endpointHealth: readonly EndpointHealth[];
  endpointStatus: readonly EndpointReply<StatusResponse>[];
  endpointHashKv: readonly EndpointReply<HashKVResponse>[];
  moveLeader: MoveLeaderResponse;
  downgradeValidate: DowngradeResponse;
  downgradeEnable: DowngradeResponse;
  downgradeCancel: DowngradeResponse;
  alarm: AlarmResponse;
  roleAdd: AuthRoleAddResponse;
  roleGet: AuthRoleGetResponse;
  roleDelete: AuthRoleDeleteResponse;
  roleList: AuthRoleListResponse;
  roleGrant: AuthRoleGrantPermissionResponse;
  roleRevoke: AuthRoleRevokePermissionResponse;
  userAdd: AuthUserAddResponse;
  userGet: AuthUserGetResponse;
  userList: AuthUserListResponse;
  userPassword: AuthUserChangePasswordResponse;
  userGrantRole: AuthUserGrantRoleResponse;
  userRevokeRole: AuthUserRevokeRoleResponse;
  userDelete: AuthUserDeleteResponse;
  authStatus: AuthStatusResponse;
}

export type ReplyKind = keyof Replies;

/** What an output form needs beside the reply. */
export interface Details {
  /** `--hex`. */
  readonly hex: boolean;
  /** `get --print-value-only`. */
  readonly valueOnly?: boolean;
  /** `lease timetolive --keys`. */
  readonly keys?: boolean;
  /** What the command was about, where the reply does not say: the lease, member, user or role. */
  readonly id?: bigint;
  readonly name?: string;
  readonly role?: string;
  /** The range of a permission. */
  readonly key?: string;
  readonly rangeEnd?: string;
  /** Id of the leader before `move-leader`. */
  readonly leader?: bigint;
}

/** Text or bytes of a reply, by kind. A kind that is missing is not to be had in this form. */
export type OutputForm = {
  readonly [Kind in ReplyKind]?: (reply: Replies[Kind], details: Details) => string | Uint8Array;
};

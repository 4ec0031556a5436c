import {
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
  LeaseRevokeResponse,
  MemberAddResponse,
  MemberListResponse,
  MemberPromoteResponse,
  MemberRemoveResponse,
  MemberUpdateResponse,
  type MessageCodec,
  MoveLeaderResponse,
  PutResponse,
  RangeResponse,
  TxnResponse,
} from "@nodetcd/messages";
import type { Replies } from "./replies.ts";

/** Kinds that Go keeps in the message as it came from the wire: shown whole, in JSON and as protobuf. */
type WholeKind = Exclude<
  keyof Replies,
  | "watch"
  | "grant"
  | "keepAlive"
  | "timeToLive"
  | "leases"
  | "endpointHealth"
  | "endpointStatus"
  | "endpointHashKv"
>;

export const CODECS: { readonly [Kind in WholeKind]: MessageCodec<Replies[Kind]> } = {
  get: RangeResponse,
  put: PutResponse,
  del: DeleteRangeResponse,
  txn: TxnResponse,
  revoke: LeaseRevokeResponse,
  memberAdd: MemberAddResponse,
  memberRemove: MemberRemoveResponse,
  memberUpdate: MemberUpdateResponse,
  memberPromote: MemberPromoteResponse,
  memberList: MemberListResponse,
  moveLeader: MoveLeaderResponse,
  downgradeValidate: DowngradeResponse,
  downgradeEnable: DowngradeResponse,
  downgradeCancel: DowngradeResponse,
  alarm: AlarmResponse,
  roleAdd: AuthRoleAddResponse,
  roleGet: AuthRoleGetResponse,
  roleDelete: AuthRoleDeleteResponse,
  roleList: AuthRoleListResponse,
  roleGrant: AuthRoleGrantPermissionResponse,
  roleRevoke: AuthRoleRevokePermissionResponse,
  userAdd: AuthUserAddResponse,
  userGet: AuthUserGetResponse,
  userList: AuthUserListResponse,
  userPassword: AuthUserChangePasswordResponse,
  userGrantRole: AuthUserGrantRoleResponse,
  userRevokeRole: AuthUserRevokeRoleResponse,
  userDelete: AuthUserDeleteResponse,
  authStatus: AuthStatusResponse,
};

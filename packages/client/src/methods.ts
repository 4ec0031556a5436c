import type { Method, MethodPathOf } from "@nodetcd/messages";

type UnaryPath = MethodPathOf<"unary">;

/** A call with one request and one reply. */
export type UnaryMethod<Request, Response> = Method<Request, Response, "unary", UnaryPath>;

/** `write`: a second try might act twice, so it is retried only when no server took it up. */
export type RetryClass = "read" | "write";

export const RETRY_CLASS: Readonly<Record<UnaryPath, RetryClass>> = {
  "/etcdserverpb.KV/Range": "read",
  "/etcdserverpb.KV/Put": "write",
  "/etcdserverpb.KV/DeleteRange": "write",
  "/etcdserverpb.KV/Txn": "write",
  "/etcdserverpb.KV/Compact": "write",
  "/etcdserverpb.Lease/LeaseGrant": "write",
  "/etcdserverpb.Lease/LeaseRevoke": "write",
  "/etcdserverpb.Lease/LeaseTimeToLive": "read",
  "/etcdserverpb.Lease/LeaseLeases": "read",
  "/etcdserverpb.Cluster/MemberAdd": "write",
  "/etcdserverpb.Cluster/MemberRemove": "write",
  "/etcdserverpb.Cluster/MemberUpdate": "write",
  "/etcdserverpb.Cluster/MemberList": "read",
  "/etcdserverpb.Cluster/MemberPromote": "write",
  "/etcdserverpb.Maintenance/Alarm": "write",
  "/etcdserverpb.Maintenance/Status": "read",
  "/etcdserverpb.Maintenance/Defragment": "write",
  "/etcdserverpb.Maintenance/Hash": "read",
  "/etcdserverpb.Maintenance/HashKV": "read",
  "/etcdserverpb.Maintenance/MoveLeader": "write",
  "/etcdserverpb.Maintenance/Downgrade": "write",
  "/etcdserverpb.Auth/AuthEnable": "write",
  "/etcdserverpb.Auth/AuthDisable": "write",
  "/etcdserverpb.Auth/AuthStatus": "read",
  "/etcdserverpb.Auth/Authenticate": "read",
  "/etcdserverpb.Auth/UserAdd": "write",
  "/etcdserverpb.Auth/UserGet": "read",
  "/etcdserverpb.Auth/UserList": "read",
  "/etcdserverpb.Auth/UserDelete": "write",
  "/etcdserverpb.Auth/UserChangePassword": "write",
  "/etcdserverpb.Auth/UserGrantRole": "write",
  "/etcdserverpb.Auth/UserRevokeRole": "write",
  "/etcdserverpb.Auth/RoleAdd": "write",
  "/etcdserverpb.Auth/RoleGet": "read",
  "/etcdserverpb.Auth/RoleList": "read",
  "/etcdserverpb.Auth/RoleDelete": "write",
  "/etcdserverpb.Auth/RoleGrantPermission": "write",
  "/etcdserverpb.Auth/RoleRevokePermission": "write",
  "/v3lockpb.Lock/Lock": "write",
  "/v3lockpb.Lock/Unlock": "write",
  "/v3electionpb.Election/Campaign": "write",
  "/v3electionpb.Election/Proclaim": "write",
  "/v3electionpb.Election/Leader": "read",
  "/v3electionpb.Election/Resign": "write",
  "/grpc.health.v1.Health/Check": "read",
  "/grpc.health.v1.Health/List": "read",
};

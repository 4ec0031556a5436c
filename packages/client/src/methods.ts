import type { Method, MethodPathOf } from "@nodetcd/messages";

type UnaryPath = MethodPathOf<"unary">;

/** A call with one request and one reply. */
export type UnaryMethod<Request, Response> = Method<Request, Response, "unary", UnaryPath>;

/**
 * `repeatable`: tried again whenever the server is unavailable; it reads, or to do it twice does no harm (of
 * two leases that were granted one runs out). `once`: a second try might act twice, so it is tried again
 * only when no server took it up. The classes are those of etcd's own client, but for `AuthStatus`
 * and `Authenticate`, which change nothing.
 */
export type RetryClass = "repeatable" | "once";

export const RETRY_CLASS: Readonly<Record<UnaryPath, RetryClass>> = {
  "/etcdserverpb.KV/Range": "repeatable",
  "/etcdserverpb.KV/Put": "once",
  "/etcdserverpb.KV/DeleteRange": "once",
  "/etcdserverpb.KV/Txn": "once",
  "/etcdserverpb.KV/Compact": "once",
  "/etcdserverpb.Lease/LeaseGrant": "repeatable",
  "/etcdserverpb.Lease/LeaseRevoke": "repeatable",
  "/etcdserverpb.Lease/LeaseTimeToLive": "repeatable",
  "/etcdserverpb.Lease/LeaseLeases": "repeatable",
  "/etcdserverpb.Cluster/MemberAdd": "once",
  "/etcdserverpb.Cluster/MemberRemove": "once",
  "/etcdserverpb.Cluster/MemberUpdate": "once",
  "/etcdserverpb.Cluster/MemberList": "repeatable",
  "/etcdserverpb.Cluster/MemberPromote": "once",
  "/etcdserverpb.Maintenance/Alarm": "repeatable",
  "/etcdserverpb.Maintenance/Status": "repeatable",
  "/etcdserverpb.Maintenance/Defragment": "once",
  "/etcdserverpb.Maintenance/Hash": "repeatable",
  "/etcdserverpb.Maintenance/HashKV": "repeatable",
  "/etcdserverpb.Maintenance/MoveLeader": "repeatable",
  "/etcdserverpb.Maintenance/Downgrade": "once",
  "/etcdserverpb.Auth/AuthEnable": "once",
  "/etcdserverpb.Auth/AuthDisable": "once",
  "/etcdserverpb.Auth/AuthStatus": "repeatable",
  "/etcdserverpb.Auth/Authenticate": "repeatable",
  "/etcdserverpb.Auth/UserAdd": "once",
  "/etcdserverpb.Auth/UserGet": "repeatable",
  "/etcdserverpb.Auth/UserList": "repeatable",
  "/etcdserverpb.Auth/UserDelete": "once",
  "/etcdserverpb.Auth/UserChangePassword": "once",
  "/etcdserverpb.Auth/UserGrantRole": "once",
  "/etcdserverpb.Auth/UserRevokeRole": "once",
  "/etcdserverpb.Auth/RoleAdd": "once",
  "/etcdserverpb.Auth/RoleGet": "repeatable",
  "/etcdserverpb.Auth/RoleList": "repeatable",
  "/etcdserverpb.Auth/RoleDelete": "once",
  "/etcdserverpb.Auth/RoleGrantPermission": "once",
  "/etcdserverpb.Auth/RoleRevokePermission": "once",
  "/v3lockpb.Lock/Lock": "once",
  "/v3lockpb.Lock/Unlock": "once",
  "/v3electionpb.Election/Campaign": "once",
  "/v3electionpb.Election/Proclaim": "once",
  "/v3electionpb.Election/Leader": "once",
  "/v3electionpb.Election/Resign": "once",
  "/grpc.health.v1.Health/Check": "repeatable",
  "/grpc.health.v1.Health/List": "repeatable",
};

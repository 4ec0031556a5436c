import type { AuthStore, Identity } from "@nodetcd/auth";
import { AlarmAction, type MethodAt, type MethodPath, type RequestOf } from "@nodetcd/messages";

/**
 * Who may call a method while authentication is on.
 *
 * - `anybody`: nobody is asked who he is.
 * - `identified`: a wrong token is refused here, all else when the request is applied.
 * - `known`: every user.
 * - `administrator`: whoever has the role `root`.
 * - `handler`: its handler asks, for each message of a stream, each step, or after what it waits for.
 */
export type Need = "anybody" | "identified" | "known" | "administrator" | "handler";

type Rule<Request> = Need | ((request: Request) => Need);

/** Every method has a rule: one that is missing does not compile. */
export type Rules = { readonly [Path in MethodPath]: Rule<RequestOf<MethodAt<Path>>> };

export const RULES: Rules = {
  "/grpc.health.v1.Health/Check": "anybody",
  "/grpc.health.v1.Health/List": "anybody",
  "/grpc.health.v1.Health/Watch": "anybody",
  "/etcdserverpb.KV/Range": "handler",
  "/etcdserverpb.KV/RangeStream": "handler",
  "/etcdserverpb.KV/Put": "identified",
  "/etcdserverpb.KV/DeleteRange": "identified",
  "/etcdserverpb.KV/Txn": "handler",
  "/etcdserverpb.KV/Compact": "administrator",
  "/etcdserverpb.Watch/Watch": "handler",
  "/etcdserverpb.Lease/LeaseGrant": "known",
  "/etcdserverpb.Lease/LeaseRevoke": "known",
  "/etcdserverpb.Lease/LeaseKeepAlive": "handler",
  "/etcdserverpb.Lease/LeaseTimeToLive": "handler",
  "/etcdserverpb.Lease/LeaseLeases": "handler",
  "/etcdserverpb.Cluster/MemberAdd": "administrator",
  "/etcdserverpb.Cluster/MemberRemove": "administrator",
  "/etcdserverpb.Cluster/MemberUpdate": "administrator",
  "/etcdserverpb.Cluster/MemberList": "known",
  "/etcdserverpb.Cluster/MemberPromote": "administrator",
  "/etcdserverpb.Maintenance/Alarm": ({ action }) =>
    action === AlarmAction.GET ? "known" : "administrator",
  "/etcdserverpb.Maintenance/Status": "known",
  "/etcdserverpb.Maintenance/Defragment": "administrator",
  "/etcdserverpb.Maintenance/Hash": "administrator",
  "/etcdserverpb.Maintenance/HashKV": "administrator",
  "/etcdserverpb.Maintenance/Snapshot": "administrator",
  "/etcdserverpb.Maintenance/MoveLeader": "administrator",
  "/etcdserverpb.Maintenance/Downgrade": "administrator",
  "/etcdserverpb.Auth/AuthEnable": "identified",
  "/etcdserverpb.Auth/AuthDisable": "identified",
  "/etcdserverpb.Auth/AuthStatus": "identified",
  "/etcdserverpb.Auth/Authenticate": "anybody",
  "/etcdserverpb.Auth/UserAdd": "identified",
  "/etcdserverpb.Auth/UserGet": "identified",
  "/etcdserverpb.Auth/UserList": "identified",
  "/etcdserverpb.Auth/UserDelete": "identified",
  "/etcdserverpb.Auth/UserChangePassword": "identified",
  "/etcdserverpb.Auth/UserGrantRole": "identified",
  "/etcdserverpb.Auth/UserRevokeRole": "identified",
  "/etcdserverpb.Auth/RoleAdd": "identified",
  "/etcdserverpb.Auth/RoleGet": "identified",
  "/etcdserverpb.Auth/RoleList": "identified",
  "/etcdserverpb.Auth/RoleDelete": "identified",
  "/etcdserverpb.Auth/RoleGrantPermission": "identified",
  "/etcdserverpb.Auth/RoleRevokePermission": "identified",
  "/v3electionpb.Election/Campaign": "handler",
  "/v3electionpb.Election/Proclaim": "handler",
  "/v3electionpb.Election/Leader": "handler",
  "/v3electionpb.Election/Observe": "handler",
  "/v3electionpb.Election/Resign": "handler",
  "/v3lockpb.Lock/Lock": "handler",
  "/v3lockpb.Lock/Unlock": "handler",
};

/** Whether the one way in finds out who calls, before the request is handled. */
export function isIdentified(path: MethodPath): boolean {
  const rule = RULES[path];
  return rule !== "anybody" && rule !== "handler";
}

/** Raises why somebody may not make this request. */
export function checkRule(auth: AuthStore, path: MethodPath, request: unknown, by: Identity): void {
  if (!auth.enabled) return;
  // The mapped type `Rules` has tied each rule to the request of its method.
  const rule = RULES[path] as Rule<unknown>;
  const need = typeof rule === "string" ? rule : rule(request);
  if (need === "known") auth.checkKnown(by);
  else if (need === "administrator") auth.checkAdmin(by);
}

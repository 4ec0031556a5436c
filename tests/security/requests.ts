/**
 * What the matrix asks of each method. A method of the table without a row here does not compile:
 * nobody adds one without saying who may call it.
 */
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  AuthDisableRequest,
  AuthEnableRequest,
  AuthenticateRequest,
  AuthRoleAddRequest,
  AuthRoleDeleteRequest,
  AuthRoleGetRequest,
  AuthRoleGrantPermissionRequest,
  AuthRoleListRequest,
  AuthRoleRevokePermissionRequest,
  AuthStatusRequest,
  AuthUserAddRequest,
  AuthUserChangePasswordRequest,
  AuthUserDeleteRequest,
  AuthUserGetRequest,
  AuthUserGrantRoleRequest,
  AuthUserListRequest,
  AuthUserRevokeRoleRequest,
  CampaignRequest,
  CompactionRequest,
  DefragmentRequest,
  DeleteRangeRequest,
  DowngradeRequest,
  HashKVRequest,
  HashRequest,
  HealthCheckRequest,
  HealthListRequest,
  type Init,
  LeaderRequest,
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseLeasesRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  LockRequest,
  MemberAddRequest,
  MemberListRequest,
  MemberPromoteRequest,
  MemberRemoveRequest,
  MemberUpdateRequest,
  type MessageCodec,
  type MethodPath,
  MoveLeaderRequest,
  ProclaimRequest,
  PutRequest,
  RangeRequest,
  ResignRequest,
  SnapshotRequest,
  StatusRequest,
  TxnRequest,
  UnlockRequest,
  WatchRequest,
} from "@nodetcd/messages";

/** A request by the name of what is special about it. */
export type Requests = Readonly<Record<string, Uint8Array>>;

const bytes = (text: string): Uint8Array => Buffer.from(text);

function requests<T>(codec: MessageCodec<T>, ...variants: [string, Init<NoInfer<T>>][]): Requests {
  return Object.fromEntries(variants.map(([name, init]) => [name, codec.encode(init)]));
}

/** What the user `ranged` may read and write, from `a` to `m`; a key in it, and one outside. */
export const RANGE = { key: bytes("a"), rangeEnd: bytes("m") };
const mine = { key: bytes("b") };
const foreign = { key: bytes("secret") };
const pair = { ...mine, value: bytes("v") };
/** Leases that the setup has made: with a key of the range, with a foreign one, with none. */
export const LEASES = { mine: 11n, foreign: 12n, free: 13n };
const lease = LEASES;
const nothing: [string, object] = ["", {}];
/** Ids that no member has. */
const nobody = 0x1234n;

const compare = (key: Uint8Array, rangeEnd?: Uint8Array) => ({
  compare: [{ key, ...(rangeEnd === undefined ? {} : { rangeEnd }), version: 1000 }],
});

/** Each of the operations in each place of a transaction, nested to depth 3. */
function txns(): [string, Init<TxnRequest>][] {
  const operations = {
    range: { requestRange: foreign },
    put: { requestPut: foreign },
    "put with prev_kv": { requestPut: { ...mine, prevKv: true } },
    "put with a foreign lease": { requestPut: { ...mine, lease: lease.foreign } },
    "delete with prev_kv": { requestDeleteRange: { ...foreign, prevKv: true } },
    delete: { requestDeleteRange: foreign },
    compare: { requestTxn: compare(foreign.key) },
  };
  const found: [string, Init<TxnRequest>][] = [
    [
      "in range",
      { ...compare(mine.key), success: [{ requestPut: pair }], failure: [{ requestRange: mine }] },
    ],
    ["in range, read only", { ...compare(mine.key), success: [{ requestRange: RANGE }] }],
    ["foreign compare", { ...compare(foreign.key), success: [{ requestPut: pair }] }],
    ["foreign compare, read only", compare(foreign.key)],
    ["of nothing", {}],
    [
      "compare beyond the range",
      { ...compare(bytes("b"), bytes("z")), success: [{ requestPut: pair }] },
    ],
  ];
  for (const [name, operation] of Object.entries(operations)) {
    for (const branch of ["success", "failure"] as const) {
      let request: Init<TxnRequest> = { [branch]: [operation] };
      for (let depth = 1; depth <= 3; depth++) {
        found.push([`${name} in ${branch}, depth ${depth}`, request]);
        request = { [branch]: [{ requestTxn: request }] };
      }
    }
  }
  return found;
}

const watch = (create: Init<NonNullable<WatchRequest["createRequest"]>>): Init<WatchRequest> => ({
  createRequest: create,
});
const OPEN = new Uint8Array(1);

export const REQUESTS: Readonly<Record<MethodPath, Requests>> = {
  "/grpc.health.v1.Health/Check": requests(HealthCheckRequest, nothing),
  "/grpc.health.v1.Health/List": requests(HealthListRequest, nothing),
  "/grpc.health.v1.Health/Watch": requests(HealthCheckRequest, nothing),
  "/etcdserverpb.KV/Range": requests(
    RangeRequest,
    ["in range", mine],
    ["all of the range", RANGE],
    ["beyond the range", { ...mine, rangeEnd: bytes("z") }],
    ["to the end", { ...mine, rangeEnd: OPEN }],
    ["foreign", foreign],
    ["foreign, serializable", { ...foreign, serializable: true }],
    ["in range, serializable", { ...mine, serializable: true }],
    ["no key", {}],
  ),
  "/etcdserverpb.KV/RangeStream": requests(
    RangeRequest,
    ["in range", RANGE],
    ["beyond the range", { ...mine, rangeEnd: bytes("z") }],
    ["foreign", foreign],
  ),
  "/etcdserverpb.KV/Put": requests(
    PutRequest,
    ["in range", pair],
    ["in range with prev_kv", { ...pair, prevKv: true }],
    ["foreign", foreign],
    ["foreign with prev_kv", { ...foreign, prevKv: true }],
    ["own lease", { ...pair, lease: lease.mine }],
    ["foreign lease", { ...pair, lease: lease.foreign }],
    ["no lease", { ...pair, lease: 99n }],
    ["no key", {}],
  ),
  "/etcdserverpb.KV/DeleteRange": requests(
    DeleteRangeRequest,
    ["in range", { key: bytes("c") }],
    ["in range with prev_kv", { key: bytes("c"), prevKv: true }],
    ["beyond the range", { key: bytes("l"), rangeEnd: bytes("n") }],
    ["foreign", { key: bytes("x") }],
    ["no key", {}],
  ),
  "/etcdserverpb.KV/Txn": requests(TxnRequest, ...txns()),
  "/etcdserverpb.KV/Compact": requests(CompactionRequest, ["", { revision: 1 }]),
  "/etcdserverpb.Watch/Watch": requests(
    WatchRequest,
    ["in range", watch(mine)],
    ["all of the range", watch(RANGE)],
    ["one key to the end", watch({ ...mine, rangeEnd: OPEN })],
    ["foreign", watch(foreign)],
    ["no key", watch({})],
    ["negative start", watch({ ...foreign, startRevision: -1 })],
    ["progress", { progressRequest: {} }],
    ["cancel", { cancelRequest: { watchId: 5n } }],
  ),
  "/etcdserverpb.Lease/LeaseGrant": requests(LeaseGrantRequest, ["", { id: 14n, ttl: 600 }]),
  "/etcdserverpb.Lease/LeaseRevoke": requests(
    LeaseRevokeRequest,
    ["foreign", { id: lease.foreign }],
    ["free", { id: lease.free }],
    ["own", { id: lease.mine }],
    ["unknown", { id: 99n }],
  ),
  "/etcdserverpb.Lease/LeaseKeepAlive": requests(
    LeaseKeepAliveRequest,
    ["own", { id: lease.mine }],
    ["foreign", { id: lease.foreign }],
    ["free", { id: lease.free }],
    ["unknown", { id: 99n }],
  ),
  "/etcdserverpb.Lease/LeaseTimeToLive": requests(
    LeaseTimeToLiveRequest,
    ["own", { id: lease.mine }],
    ["own with keys", { id: lease.mine, keys: true }],
    ["foreign", { id: lease.foreign }],
    ["foreign with keys", { id: lease.foreign, keys: true }],
    ["unknown with keys", { id: 99n, keys: true }],
  ),
  "/etcdserverpb.Lease/LeaseLeases": requests(LeaseLeasesRequest, nothing),
  "/etcdserverpb.Cluster/MemberAdd": requests(MemberAddRequest, ["", { peerUrls: ["a path"] }]),
  "/etcdserverpb.Cluster/MemberRemove": requests(MemberRemoveRequest, ["", { id: nobody }]),
  "/etcdserverpb.Cluster/MemberUpdate": requests(MemberUpdateRequest, [
    "",
    { id: nobody, peerUrls: ["http://127.0.0.1:1"] },
  ]),
  "/etcdserverpb.Cluster/MemberList": requests(
    MemberListRequest,
    ["local", {}],
    ["linearizable", { linearizable: true }],
  ),
  "/etcdserverpb.Cluster/MemberPromote": requests(MemberPromoteRequest, ["", { id: nobody }]),
  "/etcdserverpb.Maintenance/Alarm": requests(
    AlarmRequest,
    ["get", { action: AlarmAction.GET }],
    ["activate", { action: AlarmAction.ACTIVATE, alarm: AlarmType.NONE }],
    ["deactivate", { action: AlarmAction.DEACTIVATE, alarm: AlarmType.NOSPACE }],
  ),
  "/etcdserverpb.Maintenance/Status": requests(StatusRequest, nothing),
  "/etcdserverpb.Maintenance/Defragment": requests(DefragmentRequest, nothing),
  "/etcdserverpb.Maintenance/Hash": requests(HashRequest, nothing),
  "/etcdserverpb.Maintenance/HashKV": requests(HashKVRequest, nothing),
  "/etcdserverpb.Maintenance/Snapshot": requests(SnapshotRequest, nothing),
  "/etcdserverpb.Maintenance/MoveLeader": requests(MoveLeaderRequest, ["", { targetId: nobody }]),
  "/etcdserverpb.Maintenance/Downgrade": requests(DowngradeRequest, ["", { version: "nonsense" }]),
  "/etcdserverpb.Auth/AuthEnable": requests(AuthEnableRequest, nothing),
  "/etcdserverpb.Auth/AuthStatus": requests(AuthStatusRequest, nothing),
  "/etcdserverpb.Auth/Authenticate": requests(
    AuthenticateRequest,
    ["right", { name: "ranged", password: "pw" }],
    ["wrong", { name: "ranged", password: "no" }],
    ["unknown", { name: "nobody", password: "pw" }],
    ["without a password", { name: "passless", password: "pw" }],
  ),
  "/etcdserverpb.Auth/UserAdd": requests(
    AuthUserAddRequest,
    ["new", { name: "new", password: "pw" }],
    ["taken", { name: "ranged", password: "pw" }],
    ["no name", { password: "pw" }],
    ["long", { name: "long", password: "p".repeat(73) }],
  ),
  "/etcdserverpb.Auth/UserGet": requests(
    AuthUserGetRequest,
    ["ranged", { name: "ranged" }],
    ["root", { name: "root" }],
    ["unknown", { name: "nobody" }],
  ),
  "/etcdserverpb.Auth/UserList": requests(AuthUserListRequest, nothing),
  "/etcdserverpb.Auth/UserDelete": requests(
    AuthUserDeleteRequest,
    ["unknown", { name: "nobody" }],
    ["root", { name: "root" }],
  ),
  "/etcdserverpb.Auth/UserChangePassword": requests(
    AuthUserChangePasswordRequest,
    ["other", { name: "other", password: "x" }],
    ["unknown", { name: "nobody", password: "x" }],
    ["passless", { name: "passless", password: "x" }],
  ),
  "/etcdserverpb.Auth/UserGrantRole": requests(
    AuthUserGrantRoleRequest,
    ["", { user: "other", role: "ranged" }],
    ["unknown role", { user: "other", role: "unknown" }],
    ["root, to oneself", { user: "other", role: "root" }],
  ),
  "/etcdserverpb.Auth/UserRevokeRole": requests(
    AuthUserRevokeRoleRequest,
    ["", { name: "other", role: "ranged" }],
    ["root's", { name: "root", role: "root" }],
  ),
  "/etcdserverpb.Auth/RoleAdd": requests(
    AuthRoleAddRequest,
    ["new", { name: "new" }],
    ["taken", { name: "ranged" }],
    ["no name", {}],
  ),
  "/etcdserverpb.Auth/RoleGet": requests(
    AuthRoleGetRequest,
    ["ranged", { role: "ranged" }],
    ["other", { role: "other" }],
    ["root", { role: "root" }],
    ["unknown", { role: "unknown" }],
  ),
  "/etcdserverpb.Auth/RoleList": requests(AuthRoleListRequest, nothing),
  "/etcdserverpb.Auth/RoleDelete": requests(
    AuthRoleDeleteRequest,
    ["unknown", { role: "unknown" }],
    ["root", { role: "root" }],
  ),
  "/etcdserverpb.Auth/RoleGrantPermission": requests(
    AuthRoleGrantPermissionRequest,
    ["", { name: "other", perm: { key: bytes("q") } }],
    ["reversed", { name: "other", perm: { key: bytes("q"), rangeEnd: bytes("a") } }],
    ["no permission", { name: "other" }],
    ["no key", { name: "other", perm: {} }],
    ["unknown role", { name: "unknown", perm: { key: bytes("q") } }],
  ),
  "/etcdserverpb.Auth/RoleRevokePermission": requests(
    AuthRoleRevokePermissionRequest,
    ["", { role: "other", key: bytes("q") }],
    ["not granted", { role: "other", key: bytes("q"), rangeEnd: bytes("z") }],
  ),
  "/v3electionpb.Election/Campaign": requests(
    CampaignRequest,
    ["in range", { name: bytes("elect"), lease: lease.free, value: bytes("x") }],
    ["foreign", { name: bytes("secret"), lease: lease.free, value: bytes("x") }],
  ),
  "/v3electionpb.Election/Proclaim": requests(
    ProclaimRequest,
    ["foreign", { leader: { name: bytes("secret"), key: bytes("secret/1"), rev: 1 } }],
    ["no leader", {}],
  ),
  "/v3electionpb.Election/Leader": requests(
    LeaderRequest,
    ["in range", { name: bytes("vacant") }],
    ["in range, held", { name: bytes("elect") }],
    ["foreign", { name: bytes("secret") }],
  ),
  "/v3electionpb.Election/Observe": requests(
    LeaderRequest,
    ["in range", { name: bytes("elect") }],
    ["foreign", { name: bytes("secret") }],
  ),
  "/v3electionpb.Election/Resign": requests(
    ResignRequest,
    ["foreign", { leader: { name: bytes("secret"), key: bytes("secret/1"), rev: 1 } }],
    ["in range", { leader: { name: bytes("elect"), key: bytes("elect/1"), rev: 1 } }],
  ),
  "/v3lockpb.Lock/Lock": requests(
    LockRequest,
    ["in range", { name: bytes("lock"), lease: lease.free }],
    ["foreign", { name: bytes("secret"), lease: lease.free }],
  ),
  "/v3lockpb.Lock/Unlock": requests(
    UnlockRequest,
    ["in range", { key: bytes("lock/d") }],
    ["foreign", { key: bytes("secret/1") }],
  ),
  // Last: with it everybody may do everything.
  "/etcdserverpb.Auth/AuthDisable": requests(AuthDisableRequest, nothing),
};

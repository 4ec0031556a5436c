import {
  AlarmAction,
  type Compare,
  DowngradeAction,
  type MethodAt,
  type MethodPath,
  type RequestOf,
  type RequestOp,
  type TxnRequest,
} from "@nodetcd/messages";

/** Keys that a request names: one key, or those from `key` to before `end` (as in etcd's requests). */
export interface KeyRange {
  readonly key: Uint8Array;
  /** Empty: the key alone; one zero byte: everything from the key on. */
  readonly end: Uint8Array;
  readonly access: "read" | "write";
}

/** What a request is about. Never values, passwords or tokens. Bytes are borrowed. */
export interface Subject {
  readonly ranges: readonly KeyRange[];
  /** What else it names: a user, role, lease, member; "" for nothing. */
  readonly target: string;
}

const NONE = new Uint8Array(0);
export const NO_SUBJECT: Subject = { ranges: [], target: "" };

type SubjectsOf = {
  readonly [Path in MethodPath]: (request: RequestOf<MethodAt<Path>>) => Subject;
};

interface Keys {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
}

const range = ({ key, rangeEnd }: Keys, access: KeyRange["access"]): KeyRange => ({
  key,
  end: rangeEnd ?? NONE,
  access,
});
const reads = (keys: Keys): Subject => ({ ranges: [range(keys, "read")], target: "" });
const writes = (keys: Keys): Subject => ({ ranges: [range(keys, "write")], target: "" });
const named = (target: string, ranges: readonly KeyRange[] = []): Subject => ({ ranges, target });
const nothing = (): Subject => NO_SUBJECT;

const hex = (id: bigint): string => BigInt.asUintN(64, id).toString(16);
const lease = ({ id }: { readonly id: bigint }): Subject => named(`lease ${hex(id)}`);
const member = ({ id }: { readonly id: bigint }): Subject => named(`member ${hex(id)}`);
const user = ({ name }: { readonly name: string }): Subject => named(`user ${name}`);
const role = (name: string): Subject => named(`role ${name}`);

/** The keys of a lock or election: all that begin with its name and a slash. */
function recipe(name: Uint8Array, access: KeyRange["access"]): Subject {
  const key = Buffer.concat([name, Buffer.from("/")]);
  const end = Buffer.concat([name, Buffer.from("0")]);
  return { ranges: [{ key, end, access }], target: "" };
}

function operations(list: readonly RequestOp[], into: KeyRange[], nested: TxnRequest[]): void {
  for (const { requestRange, requestPut, requestDeleteRange, requestTxn } of list) {
    if (requestRange !== undefined) into.push(range(requestRange, "read"));
    if (requestPut !== undefined) into.push(range({ key: requestPut.key }, "write"));
    if (requestDeleteRange !== undefined) into.push(range(requestDeleteRange, "write"));
    if (requestTxn !== undefined) nested.push(requestTxn);
  }
}

/** All that it may touch: what it compares, and both branches, nested ones too. */
function transaction(request: TxnRequest): Subject {
  const ranges: KeyRange[] = [];
  const waiting = [request];
  for (let txn = waiting.pop(); txn !== undefined; txn = waiting.pop()) {
    ranges.push(...txn.compare.map((compare: Compare) => range(compare, "read")));
    operations(txn.success, ranges, waiting);
    operations(txn.failure, ranges, waiting);
  }
  return { ranges, target: "" };
}

/** A row for each method: one that is missing does not compile. */
const SUBJECTS: SubjectsOf = {
  "/grpc.health.v1.Health/Check": nothing,
  "/grpc.health.v1.Health/List": nothing,
  "/grpc.health.v1.Health/Watch": nothing,
  "/etcdserverpb.KV/Range": reads,
  "/etcdserverpb.KV/RangeStream": reads,
  "/etcdserverpb.KV/Put": ({ key }) => writes({ key }),
  "/etcdserverpb.KV/DeleteRange": writes,
  "/etcdserverpb.KV/Txn": transaction,
  "/etcdserverpb.KV/Compact": ({ revision }) => named(`revision ${revision}`),
  "/etcdserverpb.Watch/Watch": ({ createRequest, cancelRequest }) => {
    if (createRequest !== undefined) return reads(createRequest);
    return cancelRequest === undefined ? NO_SUBJECT : named(`watch ${cancelRequest.watchId}`);
  },
  "/etcdserverpb.Lease/LeaseGrant": lease,
  "/etcdserverpb.Lease/LeaseRevoke": lease,
  "/etcdserverpb.Lease/LeaseKeepAlive": lease,
  "/etcdserverpb.Lease/LeaseTimeToLive": lease,
  "/etcdserverpb.Lease/LeaseLeases": nothing,
  "/etcdserverpb.Cluster/MemberAdd": ({ peerUrls }) => named(`member ${peerUrls.join(",")}`),
  "/etcdserverpb.Cluster/MemberRemove": member,
  "/etcdserverpb.Cluster/MemberUpdate": member,
  "/etcdserverpb.Cluster/MemberList": nothing,
  "/etcdserverpb.Cluster/MemberPromote": member,
  "/etcdserverpb.Maintenance/Alarm": ({ action, memberId }) =>
    named(action === AlarmAction.GET ? "" : `member ${hex(memberId)}`),
  "/etcdserverpb.Maintenance/Status": nothing,
  "/etcdserverpb.Maintenance/Defragment": nothing,
  "/etcdserverpb.Maintenance/Hash": nothing,
  "/etcdserverpb.Maintenance/HashKV": nothing,
  "/etcdserverpb.Maintenance/Snapshot": nothing,
  "/etcdserverpb.Maintenance/MoveLeader": ({ targetId }) => member({ id: targetId }),
  "/etcdserverpb.Maintenance/Downgrade": ({ action, version }) =>
    named(action === DowngradeAction.CANCEL ? "" : `version ${version}`),
  "/etcdserverpb.Auth/AuthEnable": nothing,
  "/etcdserverpb.Auth/AuthDisable": nothing,
  "/etcdserverpb.Auth/AuthStatus": nothing,
  "/etcdserverpb.Auth/Authenticate": user,
  "/etcdserverpb.Auth/UserAdd": user,
  "/etcdserverpb.Auth/UserGet": user,
  "/etcdserverpb.Auth/UserList": nothing,
  "/etcdserverpb.Auth/UserDelete": user,
  "/etcdserverpb.Auth/UserChangePassword": user,
  "/etcdserverpb.Auth/UserGrantRole": (r) => named(`user ${r.user} role ${r.role}`),
  "/etcdserverpb.Auth/UserRevokeRole": (r) => named(`user ${r.name} role ${r.role}`),
  "/etcdserverpb.Auth/RoleAdd": ({ name }) => role(name),
  "/etcdserverpb.Auth/RoleGet": (r) => role(r.role),
  "/etcdserverpb.Auth/RoleList": nothing,
  "/etcdserverpb.Auth/RoleDelete": (r) => role(r.role),
  "/etcdserverpb.Auth/RoleGrantPermission": ({ name, perm }) =>
    named(`role ${name}`, perm === undefined ? [] : [range(perm, "write")]),
  "/etcdserverpb.Auth/RoleRevokePermission": (r) => named(`role ${r.role}`, [range(r, "write")]),
  "/v3electionpb.Election/Campaign": ({ name }) => recipe(name, "write"),
  "/v3electionpb.Election/Proclaim": ({ leader }) =>
    leader === undefined ? NO_SUBJECT : writes({ key: leader.key }),
  "/v3electionpb.Election/Leader": ({ name }) => recipe(name, "read"),
  "/v3electionpb.Election/Observe": ({ name }) => recipe(name, "read"),
  "/v3electionpb.Election/Resign": ({ leader }) =>
    leader === undefined ? NO_SUBJECT : writes({ key: leader.key }),
  "/v3lockpb.Lock/Lock": ({ name }) => recipe(name, "write"),
  "/v3lockpb.Lock/Unlock": ({ key }) => writes({ key }),
};

/** What a request of this method is about. */
export function subjectOf(path: MethodPath, request: unknown): Subject {
  // The mapped type has tied each row to the request of its method.
  return (SUBJECTS[path] as (request: unknown) => Subject)(request);
}

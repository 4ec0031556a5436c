import * as m from "@nodetcd/messages";

/** A unary call of etcd. */
export interface Method<Request, Response> {
  /** `/etcdserverpb.Service/Name`. */
  readonly path: string;
  readonly request: m.MessageCodec<Request>;
  readonly response: m.MessageCodec<Response>;
  /** `write`: a second try might act twice, so it is retried only when no server took it up. */
  readonly kind: "read" | "write";
}

export const KV_RANGE: Method<m.RangeRequest, m.RangeResponse> = {
  path: "/etcdserverpb.KV/Range",
  request: m.RangeRequest,
  response: m.RangeResponse,
  kind: "read",
};
export const KV_PUT: Method<m.PutRequest, m.PutResponse> = {
  path: "/etcdserverpb.KV/Put",
  request: m.PutRequest,
  response: m.PutResponse,
  kind: "write",
};
export const KV_DELETE_RANGE: Method<m.DeleteRangeRequest, m.DeleteRangeResponse> = {
  path: "/etcdserverpb.KV/DeleteRange",
  request: m.DeleteRangeRequest,
  response: m.DeleteRangeResponse,
  kind: "write",
};
export const KV_TXN: Method<m.TxnRequest, m.TxnResponse> = {
  path: "/etcdserverpb.KV/Txn",
  request: m.TxnRequest,
  response: m.TxnResponse,
  kind: "write",
};
export const KV_COMPACT: Method<m.CompactionRequest, m.CompactionResponse> = {
  path: "/etcdserverpb.KV/Compact",
  request: m.CompactionRequest,
  response: m.CompactionResponse,
  kind: "write",
};
export const LEASE_GRANT: Method<m.LeaseGrantRequest, m.LeaseGrantResponse> = {
  path: "/etcdserverpb.Lease/LeaseGrant",
  request: m.LeaseGrantRequest,
  response: m.LeaseGrantResponse,
  kind: "write",
};
export const LEASE_REVOKE: Method<m.LeaseRevokeRequest, m.LeaseRevokeResponse> = {
  path: "/etcdserverpb.Lease/LeaseRevoke",
  request: m.LeaseRevokeRequest,
  response: m.LeaseRevokeResponse,
  kind: "write",
};
export const LEASE_TIME_TO_LIVE: Method<m.LeaseTimeToLiveRequest, m.LeaseTimeToLiveResponse> = {
  path: "/etcdserverpb.Lease/LeaseTimeToLive",
  request: m.LeaseTimeToLiveRequest,
  response: m.LeaseTimeToLiveResponse,
  kind: "read",
};
export const LEASE_LEASES: Method<m.LeaseLeasesRequest, m.LeaseLeasesResponse> = {
  path: "/etcdserverpb.Lease/LeaseLeases",
  request: m.LeaseLeasesRequest,
  response: m.LeaseLeasesResponse,
  kind: "read",
};
export const MEMBER_ADD: Method<m.MemberAddRequest, m.MemberAddResponse> = {
  path: "/etcdserverpb.Cluster/MemberAdd",
  request: m.MemberAddRequest,
  response: m.MemberAddResponse,
  kind: "write",
};
export const MEMBER_REMOVE: Method<m.MemberRemoveRequest, m.MemberRemoveResponse> = {
  path: "/etcdserverpb.Cluster/MemberRemove",
  request: m.MemberRemoveRequest,
  response: m.MemberRemoveResponse,
  kind: "write",
};
export const MEMBER_UPDATE: Method<m.MemberUpdateRequest, m.MemberUpdateResponse> = {
  path: "/etcdserverpb.Cluster/MemberUpdate",
  request: m.MemberUpdateRequest,
  response: m.MemberUpdateResponse,
  kind: "write",
};
export const MEMBER_LIST: Method<m.MemberListRequest, m.MemberListResponse> = {
  path: "/etcdserverpb.Cluster/MemberList",
  request: m.MemberListRequest,
  response: m.MemberListResponse,
  kind: "read",
};
export const MEMBER_PROMOTE: Method<m.MemberPromoteRequest, m.MemberPromoteResponse> = {
  path: "/etcdserverpb.Cluster/MemberPromote",
  request: m.MemberPromoteRequest,
  response: m.MemberPromoteResponse,
  kind: "write",
};
export const ALARM: Method<m.AlarmRequest, m.AlarmResponse> = {
  path: "/etcdserverpb.Maintenance/Alarm",
  request: m.AlarmRequest,
  response: m.AlarmResponse,
  kind: "write",
};
export const STATUS: Method<m.StatusRequest, m.StatusResponse> = {
  path: "/etcdserverpb.Maintenance/Status",
  request: m.StatusRequest,
  response: m.StatusResponse,
  kind: "read",
};
export const DEFRAGMENT: Method<m.DefragmentRequest, m.DefragmentResponse> = {
  path: "/etcdserverpb.Maintenance/Defragment",
  request: m.DefragmentRequest,
  response: m.DefragmentResponse,
  kind: "write",
};
export const HASH: Method<m.HashRequest, m.HashResponse> = {
  path: "/etcdserverpb.Maintenance/Hash",
  request: m.HashRequest,
  response: m.HashResponse,
  kind: "read",
};
export const HASH_KV: Method<m.HashKVRequest, m.HashKVResponse> = {
  path: "/etcdserverpb.Maintenance/HashKV",
  request: m.HashKVRequest,
  response: m.HashKVResponse,
  kind: "read",
};
export const MOVE_LEADER: Method<m.MoveLeaderRequest, m.MoveLeaderResponse> = {
  path: "/etcdserverpb.Maintenance/MoveLeader",
  request: m.MoveLeaderRequest,
  response: m.MoveLeaderResponse,
  kind: "write",
};
export const AUTHENTICATE: Method<m.AuthenticateRequest, m.AuthenticateResponse> = {
  path: "/etcdserverpb.Auth/Authenticate",
  request: m.AuthenticateRequest,
  response: m.AuthenticateResponse,
  kind: "read",
};

/** Paths of the streaming calls. */
export const WATCH_PATH = "/etcdserverpb.Watch/Watch";
export const LEASE_KEEP_ALIVE_PATH = "/etcdserverpb.Lease/LeaseKeepAlive";
export const SNAPSHOT_PATH = "/etcdserverpb.Maintenance/Snapshot";

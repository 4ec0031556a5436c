/** The methods that tests call, by the names of etcd's services. */
import {
  AlarmRequest,
  AlarmResponse,
  CompactionRequest,
  CompactionResponse,
  DefragmentRequest,
  DefragmentResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  HashKVRequest,
  HashKVResponse,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  type MessageCodec,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  StatusRequest,
  StatusResponse,
  TxnRequest,
  TxnResponse,
} from "@nodetcd/messages";
import type { Method } from "./rpc.ts";

function method<Request, Reply>(
  path: string,
  request: MessageCodec<Request>,
  reply: MessageCodec<Reply>,
): Method<Request, Reply> {
  return { path: `/etcdserverpb.${path}`, request, reply };
}

export const RANGE = method("KV/Range", RangeRequest, RangeResponse);
export const PUT = method("KV/Put", PutRequest, PutResponse);
export const DELETE_RANGE = method("KV/DeleteRange", DeleteRangeRequest, DeleteRangeResponse);
export const TXN = method("KV/Txn", TxnRequest, TxnResponse);
export const COMPACT = method("KV/Compact", CompactionRequest, CompactionResponse);
export const LEASE_GRANT = method("Lease/LeaseGrant", LeaseGrantRequest, LeaseGrantResponse);
export const LEASE_REVOKE = method("Lease/LeaseRevoke", LeaseRevokeRequest, LeaseRevokeResponse);
export const LEASE_TIME_TO_LIVE = method(
  "Lease/LeaseTimeToLive",
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
);
export const LEASE_LEASES = method("Lease/LeaseLeases", LeaseLeasesRequest, LeaseLeasesResponse);
export const HASH_KV = method("Maintenance/HashKV", HashKVRequest, HashKVResponse);
export const STATUS = method("Maintenance/Status", StatusRequest, StatusResponse);
export const ALARM = method("Maintenance/Alarm", AlarmRequest, AlarmResponse);
export const DEFRAGMENT = method("Maintenance/Defragment", DefragmentRequest, DefragmentResponse);

export const WATCH_PATH = "/etcdserverpb.Watch/Watch";
export const KEEP_ALIVE_PATH = "/etcdserverpb.Lease/LeaseKeepAlive";
export const RANGE_STREAM_PATH = "/etcdserverpb.KV/RangeStream";

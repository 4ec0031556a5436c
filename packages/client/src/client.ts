export { Auth, type Permission, type PermissionKind, type UserSecret } from "./auth.ts";
export type { BytesLike } from "./bytes-like.ts";
export { Cluster, type ClusterMember } from "./cluster.ts";
export {
  type BegunCall,
  CALL_CHANNEL,
  type CallObserver,
  type EndedCall,
  type PublishedCall,
} from "./call-observer.ts";
export type { CallOptions } from "./call-options.ts";
export type { DeleteOptions, DeleteResult } from "./delete-range.ts";
export type { Difference, DiffOptions } from "./diff.ts";
export { Election, Leadership } from "./election.ts";
export { EtcdError, type EtcdErrorCode } from "./errors.ts";
export type { ClientOptions, KeepaliveOptions } from "./client-options.ts";
export { connect } from "./connect.ts";
export { Client } from "./etcd-client.ts";
export type { HistoryOptions, Version } from "./history.ts";
export type { KeySelection } from "./key-range.ts";
export { type Found, JsonKey } from "./json-codec.ts";
export { KeyValue } from "./key-value.ts";
export { type CompactOptions, type EntriesOptions, Kv } from "./kv.ts";
export { type GrantOptions, Lease, Leases, type TimeToLive } from "./lease.ts";
export { Lock, type LockOptions } from "./lock.ts";
export {
  type Alarm,
  type HashResult,
  Maintenance,
  type MemberStatus,
  type SnapshotOptions,
} from "./maintenance.ts";
export { Mirror, type MirrorOptions } from "./mirror.ts";
export { MessageStream, type StreamMethod } from "./message-stream.ts";
export type { UnaryMethod } from "./methods.ts";
export type { SessionOptions } from "./ownership.ts";
export { OldestRevision } from "./oldest-revision.ts";
export { HeldPin, type PinOptions } from "./pin.ts";
export { type Pin, PIN_PREFIX, readPin } from "./pins.ts";
export type { LeaseLike, PutOptions, PutResult } from "./put.ts";
export type { GetOptions, RangeOptions, RangeResult } from "./range.ts";
export { type RestoreOptions, RestorePlan } from "./restore.ts";
export type {
  ApplyOptions,
  RestoreChange,
  RestoreConflict,
  RestoreResult,
} from "./restore-apply.ts";
export type { RetryOptions } from "./retry.ts";
export {
  compare,
  type CompareOperator,
  type Comparison,
  type Op,
  op,
  type OpResult,
  TxnBuilder,
  type TxnResult,
} from "./txn.ts";
export type { WatchOptions } from "./watch.ts";
export type { WatchBatch, WatchEvent } from "./watch-queue.ts";
export { Watcher } from "./watcher.ts";

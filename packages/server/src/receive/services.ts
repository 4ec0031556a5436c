import { Services, type StreamCall, type StreamKind, type UnaryCall } from "@nodetcd/grpc";
import {
  AuthenticateRequest,
  AuthStatusRequest,
  DefragmentRequest,
  HashRequest,
  LeaseLeasesRequest,
  type MessageCodec,
  StatusRequest,
} from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import type { CallMeter } from "../measure/call-meter.ts";
import { RequestError } from "../errors.ts";
import { receiveAlarm } from "./alarm.ts";
import { receiveAuthStatus } from "./auth-status.ts";
import { receiveAuthenticate } from "./authenticate.ts";
import { receiveCampaign } from "./campaign.ts";
import { receiveCompact } from "./compact.ts";
import { receiveDefragment } from "./defragment.ts";
import { receiveDeleteRange } from "./delete-range.ts";
import { receiveDowngrade } from "./downgrade.ts";
import { failCall } from "../wire/error-map.ts";
import { receiveHash } from "./hash.ts";
import { receiveHashKv } from "./hash-kv.ts";
import { type HealthStatus, receiveHealthCheck, receiveHealthWatch } from "./health.ts";
import { receiveLeader } from "./leader.ts";
import { receiveLeaseGrant } from "./lease-grant.ts";
import { receiveLeaseKeepAlive } from "./lease-keep-alive.ts";
import { receiveLeaseLeases } from "./lease-leases.ts";
import { receiveLeaseRevoke } from "./lease-revoke.ts";
import { receiveLeaseTimeToLive } from "./lease-time-to-live.ts";
import { receiveLock } from "./lock.ts";
import { receiveMemberAdd } from "./member-add.ts";
import { receiveMemberList } from "./member-list.ts";
import { receiveMemberPromote } from "./member-promote.ts";
import { receiveMemberRemove } from "./member-remove.ts";
import { receiveMemberUpdate } from "./member-update.ts";
import { receiveMoveLeader } from "./move-leader.ts";
import { receiveNotImplemented } from "./not-implemented.ts";
import { receiveObserve } from "./observe.ts";
import { receiveProclaim } from "./proclaim.ts";
import { receivePut } from "./put.ts";
import { answerPointRead, receiveRange } from "./range.ts";
import { receiveRangeStream } from "./range-stream.ts";
import { receiveResign } from "./resign.ts";
import { receiveSnapshot } from "./snapshot.ts";
import { receiveStatus } from "./status.ts";
import { receiveTxn } from "./txn.ts";
import { receiveUnlock } from "./unlock.ts";
import { receiveWatch } from "./watch.ts";

type UnaryReceiver = (request: Uint8Array, call: UnaryCall) => void;
type StreamReceiver = (call: StreamCall) => void;

/** Methods that are known and answer UNIMPLEMENTED so far. */
const NOT_BUILT: Readonly<Record<string, readonly string[]>> = {
  "etcdserverpb.Auth": [
    "AuthEnable",
    "AuthDisable",
    "UserAdd",
    "UserGet",
    "UserList",
    "UserDelete",
    "UserChangePassword",
    "UserGrantRole",
    "UserRevokeRole",
    "RoleAdd",
    "RoleGet",
    "RoleList",
    "RoleDelete",
    "RoleGrantPermission",
    "RoleRevokePermission",
  ],
};

/** Registers methods, each measured and behind the check that every call passes. */
class Registry {
  readonly services = new Services();
  readonly #member: MemberContext;
  readonly #meter: CallMeter;

  constructor(member: MemberContext, meter: CallMeter) {
    this.#member = member;
    this.#meter = meter;
  }

  /** True for a client that wants no answer of a member that has no leader. */
  #refusesLeaderless(call: UnaryCall | StreamCall): boolean {
    return this.#member.raft.leader === 0n && call.metadata.get("hasleader") === "true";
  }

  unary(service: string, methods: Readonly<Record<string, UnaryReceiver>>): void {
    for (const [method, receive] of Object.entries(methods)) {
      const path = `/${service}/${method}`;
      const checked: UnaryReceiver = (request, call) => {
        if (this.#refusesLeaderless(call)) failCall(call, new RequestError("NO_LEADER"));
        else receive(request, call);
      };
      this.services.unary(path, this.#meter.unary(path, checked));
    }
  }

  /** Most ranges are answered before anything else is done with them. */
  range(receive: UnaryReceiver, answerAtOnce: ReturnType<typeof answerPointRead>): void {
    const path = "/etcdserverpb.KV/Range";
    const checked: UnaryReceiver = (request, call) => {
      if (this.#refusesLeaderless(call)) failCall(call, new RequestError("NO_LEADER"));
      else receive(request, call);
    };
    const quick = (request: Uint8Array, call: UnaryCall): boolean =>
      !this.#refusesLeaderless(call) && answerAtOnce(request, call);
    this.services.unary(path, this.#meter.unary(path, checked, quick));
  }

  stream(service: string, method: string, kind: StreamKind, receive: StreamReceiver): void {
    const path = `/${service}/${method}`;
    const checked: StreamReceiver = (call) => {
      if (this.#refusesLeaderless(call)) failCall(call, new RequestError("NO_LEADER"));
      else receive(call);
    };
    this.services.stream(path, kind, this.#meter.stream(path, kind, checked));
  }
}

/** For a receiver that needs nothing of its request: it must be sound all the same. */
function wellFormed(request: MessageCodec<unknown>, receive: UnaryReceiver): UnaryReceiver {
  return (bytes, call) => {
    try {
      request.decode(bytes);
      receive(bytes, call);
    } catch (error) {
      failCall(call, error);
    }
  };
}

function registerKeyValues(registry: Registry, member: MemberContext): void {
  registry.range(receiveRange(member), answerPointRead(member));
  registry.unary("etcdserverpb.KV", {
    Put: receivePut(member),
    DeleteRange: receiveDeleteRange(member),
    Txn: receiveTxn(member),
    Compact: receiveCompact(member),
  });
  registry.stream("etcdserverpb.KV", "RangeStream", "server_stream", receiveRangeStream(member));
  registry.stream("etcdserverpb.Watch", "Watch", "bidi_stream", receiveWatch(member));
  registry.unary("etcdserverpb.Lease", {
    LeaseGrant: receiveLeaseGrant(member),
    LeaseRevoke: receiveLeaseRevoke(member),
    LeaseTimeToLive: receiveLeaseTimeToLive(member),
    LeaseLeases: wellFormed(LeaseLeasesRequest, receiveLeaseLeases(member)),
  });
  registry.stream(
    "etcdserverpb.Lease",
    "LeaseKeepAlive",
    "bidi_stream",
    receiveLeaseKeepAlive(member),
  );
}

function registerOperations(registry: Registry, member: MemberContext, health: HealthStatus): void {
  registry.unary("etcdserverpb.Cluster", {
    MemberAdd: receiveMemberAdd(),
    MemberRemove: receiveMemberRemove(member),
    MemberUpdate: receiveMemberUpdate(member),
    MemberList: receiveMemberList(member),
    MemberPromote: receiveMemberPromote(member),
  });
  registry.unary("etcdserverpb.Maintenance", {
    Alarm: receiveAlarm(member),
    Status: wellFormed(StatusRequest, receiveStatus(member)),
    Defragment: wellFormed(DefragmentRequest, receiveDefragment(member, health)),
    Hash: wellFormed(HashRequest, receiveHash(member)),
    HashKV: receiveHashKv(member),
    MoveLeader: receiveMoveLeader(member),
    Downgrade: receiveDowngrade(member),
  });
  registry.stream("etcdserverpb.Maintenance", "Snapshot", "server_stream", receiveSnapshot(member));
  registry.unary("etcdserverpb.Auth", {
    AuthStatus: wellFormed(AuthStatusRequest, receiveAuthStatus(member)),
    Authenticate: wellFormed(AuthenticateRequest, receiveAuthenticate()),
  });
  for (const [service, methods] of Object.entries(NOT_BUILT)) {
    registry.unary(
      service,
      Object.fromEntries(methods.map((method) => [method, receiveNotImplemented(method)])),
    );
  }
}

function registerRecipes(registry: Registry, member: MemberContext): void {
  registry.unary("v3lockpb.Lock", { Lock: receiveLock(member), Unlock: receiveUnlock(member) });
  registry.unary("v3electionpb.Election", {
    Campaign: receiveCampaign(member),
    Proclaim: receiveProclaim(member),
    Leader: receiveLeader(member),
    Resign: receiveResign(member),
  });
  registry.stream("v3electionpb.Election", "Observe", "server_stream", receiveObserve(member));
}

/** Every method of the client port, one file each in this folder. */
export function registerServices(
  member: MemberContext,
  health: HealthStatus,
  meter: CallMeter,
): Services {
  const registry = new Registry(member, meter);
  registerKeyValues(registry, member);
  registerOperations(registry, member, health);
  registerRecipes(registry, member);
  const [check, watch] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];
  registry.services.unary(check, meter.unary(check, receiveHealthCheck(health)));
  const watched = meter.stream(watch, "server_stream", receiveHealthWatch(health));
  registry.services.stream(watch, "server_stream", watched);
  return registry.services;
}

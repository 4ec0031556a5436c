/** Maintenance, Cluster, Lock, Election and calls of no service at their edges. */
import {
  AlarmResponse,
  CampaignResponse,
  DefragmentResponse,
  DowngradeResponse,
  HashKVResponse,
  LeaderResponse,
  LockResponse,
  MemberAddResponse,
  MemberListResponse,
  MemberPromoteResponse,
  MemberRemoveResponse,
  MemberUpdateResponse,
  MoveLeaderResponse,
  ProclaimResponse,
  RangeResponse,
  ResignResponse,
  StatusResponse,
  UnlockResponse,
} from "@nodetcd/messages";
import { type Case, EDGES, Method } from "../case.ts";
import { message } from "../wire.ts";
import { malformed } from "./kv.ts";

const ALARM = new Method("/etcdserverpb.Maintenance/Alarm", AlarmResponse);
const STATUS = new Method("/etcdserverpb.Maintenance/Status", StatusResponse);
const DEFRAGMENT = new Method("/etcdserverpb.Maintenance/Defragment", DefragmentResponse);
const HASH_KV = new Method("/etcdserverpb.Maintenance/HashKV", HashKVResponse);
const MOVE_LEADER = new Method("/etcdserverpb.Maintenance/MoveLeader", MoveLeaderResponse);
const DOWNGRADE = new Method("/etcdserverpb.Maintenance/Downgrade", DowngradeResponse);
const MEMBER_LIST = new Method("/etcdserverpb.Cluster/MemberList", MemberListResponse);
const MEMBER_ADD = new Method("/etcdserverpb.Cluster/MemberAdd", MemberAddResponse);
const MEMBER_REMOVE = new Method("/etcdserverpb.Cluster/MemberRemove", MemberRemoveResponse);
const MEMBER_UPDATE = new Method("/etcdserverpb.Cluster/MemberUpdate", MemberUpdateResponse);
const MEMBER_PROMOTE = new Method("/etcdserverpb.Cluster/MemberPromote", MemberPromoteResponse);
const LOCK = new Method("/v3lockpb.Lock/Lock", LockResponse);
const UNLOCK = new Method("/v3lockpb.Lock/Unlock", UnlockResponse);
const CAMPAIGN = new Method("/v3electionpb.Election/Campaign", CampaignResponse);
const PROCLAIM = new Method("/v3electionpb.Election/Proclaim", ProclaimResponse);
const LEADER = new Method("/v3electionpb.Election/Leader", LeaderResponse);
const RESIGN = new Method("/v3electionpb.Election/Resign", ResignResponse);

const maintenance: readonly Case[] = [
  ALARM.call("list", message()),
  ALARM.call("activate none", message([1, 1])),
  ALARM.call("deactivate none", message([1, 2])),
  ALARM.call("deactivate an unknown kind", message([1, 2], [2, 5], [3, 9])),
  ALARM.call("activate CORRUPT for another member", message([1, 1], [2, 5], [3, 2])),
  ALARM.call("list it", message([1, 0])),
  ALARM.call("list a kind", message([1, 0], [3, 2])),
  ALARM.call("list an unknown kind", message([1, 0], [3, 9])),
  ALARM.call("deactivate it", message([1, 2], [2, 5], [3, 2])),
  ALARM.call("deactivate it again", message([1, 2], [2, 5], [3, 2])),
  ...malformed(ALARM, message([1, 0])),
  STATUS.call("unknown fields", message([1, 1], [2, "x"])),
  ...malformed(STATUS, message()),
  ...malformed(DEFRAGMENT, message()),
  ...[1n, 2n, 6n, 7n, 8n, 100_000n, ...EDGES.filter((edge) => edge > 0n)].map((edge) =>
    HASH_KV.call(`revision ${edge}`, message([1, edge])),
  ),
  ...malformed(HASH_KV, message([1, 8])),
  ...[0n, 5n, ...EDGES].map((edge) => MOVE_LEADER.call(`to ${edge}`, message([1, edge]))),
  ...["", "3", "3.7", "3.7.1", "3.8.0", "9.9", "-1.2", "3.6.0", "a.b", "\0", "3.7.0-rc.1"].map(
    (version) =>
      DOWNGRADE.call(`validate ${JSON.stringify(version)}`, message([1, 0], [2, version])),
  ),
  DOWNGRADE.call("an unknown action", message([1, 9], [2, "3.6"])),
  DOWNGRADE.call("cancel", message([1, 2])),
];

const cluster: readonly Case[] = [
  ...malformed(MEMBER_LIST, message([1, 1])),
  MEMBER_ADD.call("nothing given", message()),
  MEMBER_ADD.call("an empty URL", message([1, ""])),
  MEMBER_ADD.call("no URL", message([1, "nonsense"])),
  MEMBER_ADD.call("a URL without a port", message([1, "http://127.0.0.1"])),
  MEMBER_ADD.call("a URL of another kind", message([1, "ftp://127.0.0.1:1"])),
  MEMBER_ADD.call("a URL with a path", message([1, "http://127.0.0.1:1/x"])),
  MEMBER_ADD.call("a URL that is not UTF-8", message([1, Uint8Array.of(0xff)])),
  ...[0n, 5n, ...EDGES].flatMap((edge) => [
    MEMBER_REMOVE.call(`id ${edge}`, message([1, edge])),
    MEMBER_PROMOTE.call(`id ${edge}`, message([1, edge])),
    MEMBER_UPDATE.call(`id ${edge}`, message([1, edge], [2, "http://127.0.0.1:1"])),
  ]),
  MEMBER_UPDATE.call("no URL", message([1, 5])),
  MEMBER_UPDATE.call("a bad URL", message([1, 5], [2, "nonsense"])),
  ...malformed(MEMBER_REMOVE, message([1, 5])),
];

const recipes: readonly Case[] = [
  LOCK.call("an unknown lease", message([1, "lock"], [2, 999])),
  LOCK.call("a negative lease", message([1, "lock"], [2, -1])),
  ...malformed(LOCK, message([1, "lock"], [2, 999])),
  UNLOCK.call("nothing given", message()),
  UNLOCK.call("a key that is not there", message([1, "nothing"])),
  ...malformed(UNLOCK, message([1, "nothing"])),
  CAMPAIGN.call("an unknown lease", message([1, "election"], [2, 999])),
  CAMPAIGN.call("a negative lease", message([1, "election"], [2, -1])),
  LEADER.call("nothing given", message()),
  LEADER.call("a name that nobody has", message([1, "nobody"])),
  PROCLAIM.call("no leader", message([2, "v"])),
  PROCLAIM.call("an empty leader", message([1, message()], [2, "v"])),
  PROCLAIM.call(
    "a leader that never was",
    message([1, message([1, "n"], [2, "n/1"], [3, 5], [4, 6])]),
  ),
  PROCLAIM.call(
    "a leader with extreme numbers",
    message([1, message([1, "n"], [2, "n/1"], [3, -1], [4, -1])]),
  ),
  RESIGN.call("nothing given", message()),
  RESIGN.call("an empty leader", message([1, message()])),
  RESIGN.call(
    "a leader that never was",
    message([1, message([1, "n"], [2, "n/1"], [3, 5], [4, 6])]),
  ),
];

const nowhere: readonly Case[] = [
  "/etcdserverpb.KV/Nothing",
  "/etcdserverpb.Nothing/Range",
  "/nothing",
  "/",
  "/etcdserverpb.KV/",
  "/etcdserverpb.KV/range",
  "//Range",
].map((path) => new Method(path, RangeResponse).call(path, message([1, "a"])));

export const SERVICE_CASES: readonly Case[] = [...maintenance, ...cluster, ...recipes, ...nowhere];

/** Maintenance, Cluster, Lock, Election and calls of no service at their edges. */
import { METHODS, RangeResponse } from "@nodetcd/messages";
import { type Case, EDGES, Method } from "../case.ts";
import { message } from "../wire.ts";
import { COMPACT, DELETE, malformed, PUT, RANGE } from "./kv.ts";
import { GRANT, REVOKE } from "./lease.ts";
import { TXN } from "./txn.ts";

const ALARM = new Method(METHODS.Maintenance.Alarm);
const STATUS = new Method(METHODS.Maintenance.Status);
const DEFRAGMENT = new Method(METHODS.Maintenance.Defragment);
const HASH_KV = new Method(METHODS.Maintenance.HashKV);
const MOVE_LEADER = new Method(METHODS.Maintenance.MoveLeader);
const DOWNGRADE = new Method(METHODS.Maintenance.Downgrade);
const MEMBER_LIST = new Method(METHODS.Cluster.MemberList);
const MEMBER_ADD = new Method(METHODS.Cluster.MemberAdd);
const MEMBER_REMOVE = new Method(METHODS.Cluster.MemberRemove);
const MEMBER_UPDATE = new Method(METHODS.Cluster.MemberUpdate);
const MEMBER_PROMOTE = new Method(METHODS.Cluster.MemberPromote);
const LOCK = new Method(METHODS.Lock.Lock);
const UNLOCK = new Method(METHODS.Lock.Unlock);
const CAMPAIGN = new Method(METHODS.Election.Campaign);
const PROCLAIM = new Method(METHODS.Election.Proclaim);
const LEADER = new Method(METHODS.Election.Leader);
const RESIGN = new Method(METHODS.Election.Resign);

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

/** What still works while an alarm of this kind is raised. */
const alarmed = (kind: number): readonly Case[] => {
  const under = (what: string): string => `${what}, under alarm ${kind}`;
  const put = message([1, "alarmed"], [2, "v"]);
  return [
    ALARM.call("raised", message([1, 1], [2, 5], [3, kind])),
    PUT.call(under("put"), put),
    PUT.call(under("put without a key"), message([2, "v"])),
    PUT.call(under("put with an unknown lease"), message([1, "alarmed"], [3, 999])),
    RANGE.call(under("range"), message([1, "a"])),
    RANGE.call(under("serializable range"), message([1, "a"], [7, 1])),
    DELETE.call(under("delete"), message([1, "alarmed"])),
    TXN.call(under("empty txn"), message()),
    TXN.call(under("txn that reads"), message([2, message([1, message([1, "a"])])])),
    TXN.call(under("txn that puts"), message([2, message([2, put])])),
    TXN.call(under("txn that would put"), message([3, message([2, put])])),
    TXN.call(under("txn that deletes"), message([2, message([3, message([1, "alarmed"])])])),
    COMPACT.call(under("compaction to 0"), message()),
    COMPACT.call(under("compaction to the future"), message([1, 100_000])),
    GRANT.call(under("grant"), message([1, 100], [2, 4242])),
    GRANT.call(under("grant of a taken id"), message([1, 100], [2, 4242])),
    REVOKE.call(under("revoke"), message([1, 4242])),
    REVOKE.call(under("revoke of an unknown id"), message([1, 999])),
    HASH_KV.call(under("hash"), message()),
    STATUS.call(under("status"), message()),
    DEFRAGMENT.call(under("defragment"), message()),
    UNLOCK.call(under("unlock"), message([1, "nothing"])),
    ALARM.call("over", message([1, 2], [2, 5], [3, kind])),
    PUT.call("after it", put),
  ];
};

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
].map((path) => new Method({ path, response: RangeResponse }).call(path, message([1, "a"])));

export const SERVICE_CASES: readonly Case[] = [
  ...maintenance,
  ...alarmed(1),
  ...alarmed(2),
  ...alarmed(7),
  ...cluster,
  ...recipes,
  ...nowhere,
];

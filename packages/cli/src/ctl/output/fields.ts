import type { KeyValue, ResponseHeader } from "@nodetcd/messages";
import { quote } from "../../quote.ts";
import type { Details, OutputForm, Replies } from "./replies.ts";
import { ALARM_NAMES, eventName, hex, hex16, PERMISSION_NAMES, rawText } from "./values.ts";

/** `"Name" : value`. */
function field(name: string, value: string | number | bigint | boolean): string {
  return `"${name}" : ${value}\n`;
}

function quoted(value: string | Uint8Array): string {
  return rawText(quote(typeof value === "string" ? Buffer.from(value) : value));
}

function header(details: Details, given: ResponseHeader | undefined): string {
  const { clusterId = 0n, memberId = 0n, revision = 0, raftTerm = 0 } = given ?? {};
  const id = (value: bigint): string => (details.hex ? hex(value) : String(value));
  return (
    field("ClusterID", id(clusterId)) +
    field("MemberID", id(memberId)) +
    (revision > 0 ? field("Revision", revision) : "") +
    field("RaftTerm", raftTerm)
  );
}

function keyValue(details: Details, prefix: string, kv: KeyValue | undefined): string {
  const empty = new Uint8Array(0);
  const {
    key = empty,
    value = empty,
    createRevision = 0,
    modRevision = 0,
    version = 0,
    lease = 0n,
  } = kv ?? {};
  return (
    field(`${prefix}Key`, quoted(key)) +
    field(`${prefix}CreateRevision`, createRevision) +
    field(`${prefix}ModRevision`, modRevision) +
    field(`${prefix}Version`, version) +
    field(`${prefix}Value`, quoted(value)) +
    field(`${prefix}Lease`, details.hex ? hex16(lease) : lease)
  );
}

function get(reply: Replies["get"], details: Details): string {
  const kvs = reply.kvs.map((kv) => keyValue(details, "", kv)).join("");
  return `${header(details, reply.header)}${kvs}${field("More", reply.more)}${field("Count", reply.count)}`;
}

function put(reply: Replies["put"], details: Details): string {
  const before = reply.prevKv === undefined ? "" : keyValue(details, "Prev", reply.prevKv);
  return header(details, reply.header) + before;
}

function del(reply: Replies["del"], details: Details): string {
  const before = reply.prevKvs.map((kv) => keyValue(details, "Prev", kv)).join("");
  return header(details, reply.header) + field("Deleted", reply.deleted) + before;
}

function txn(reply: Replies["txn"], details: Details): string {
  const parts = reply.responses.map(({ responseRange, responsePut, responseDeleteRange }) => {
    if (responseRange !== undefined) return get(responseRange, details);
    if (responsePut !== undefined) return put(responsePut, details);
    return responseDeleteRange === undefined
      ? field("Unknown", '""')
      : del(responseDeleteRange, details);
  });
  return header(details, reply.header) + field("Succeeded", reply.succeeded) + parts.join("");
}

function watch(reply: Replies["watch"], details: Details): string {
  const events = reply.events.map(({ type, kv, prevKv }) => {
    const before = prevKv === undefined ? "" : keyValue(details, "Prev", prevKv);
    return field("Type", eventName(type)) + before + keyValue(details, "", kv);
  });
  return header(details, reply.header) + events.join("");
}

function leaseId(details: Details, id: bigint): string {
  return field("ID", details.hex ? hex16(id) : id);
}

function granted(reply: Replies["grant"] | Replies["keepAlive"], details: Details): string {
  return header(details, reply.header) + leaseId(details, reply.id) + field("TTL", reply.ttl);
}

function timeToLive(reply: Replies["timeToLive"], details: Details): string {
  return (
    header(details, reply.header) +
    leaseId(details, reply.id) +
    field("TTL", reply.ttl) +
    field("GrantedTTL", reply.grantedTtl) +
    reply.keys.map((key) => field("Key", quoted(key))).join("")
  );
}

function memberList(reply: Replies["memberList"], details: Details): string {
  const members = reply.members.map(
    (member) =>
      field("ID", details.hex ? hex(member.id) : member.id) +
      field("Name", quoted(member.name)) +
      member.peerUrls.map((url) => field("PeerURL", quoted(url))).join("") +
      member.clientUrls.map((url) => field("ClientURL", quoted(url))).join("") +
      `${field("IsLearner", member.isLearner)}\n`,
  );
  return header(details, reply.header) + members.join("");
}

function status(list: Replies["endpointStatus"], details: Details): string {
  return list
    .map(
      ({ endpoint, reply }) =>
        header(details, reply.header) +
        field("Version", quoted(reply.version)) +
        field("StorageVersion", quoted(reply.storageVersion)) +
        field("DBSize", reply.dbSize) +
        field("DBSizeInUse", reply.dbSizeInUse) +
        field("DBSizeQuota", reply.dbSizeQuota) +
        field("Leader", reply.leader) +
        field("IsLearner", reply.isLearner) +
        field("RaftIndex", reply.raftIndex) +
        field("RaftTerm", reply.raftTerm) +
        field("RaftAppliedIndex", reply.raftAppliedIndex) +
        field("Errors", `[${reply.errors.join(" ")}]`) +
        field("Endpoint", quoted(endpoint)) +
        field("DowngradeTargetVersion", quoted(reply.downgradeInfo?.targetVersion ?? "")) +
        `${field("DowngradeEnabled", reply.downgradeInfo?.enabled ?? false)}\n`,
    )
    .join("");
}

function hashKv(list: Replies["endpointHashKv"], details: Details): string {
  return list
    .map(
      ({ endpoint, reply }) =>
        header(details, reply.header) +
        field("Endpoint", quoted(endpoint)) +
        field("Hash", reply.hash) +
        `${field("HashRevision", reply.hashRevision)}\n`,
    )
    .join("");
}

function health(list: Replies["endpointHealth"]): string {
  return list
    .map(
      ({ endpoint, isHealthy, took, error }) =>
        field("Endpoint", quoted(endpoint)) +
        field("Health", isHealthy) +
        rawText(field("Took", took)) +
        `${rawText(field("Error", error))}\n`,
    )
    .join("");
}

function alarm(reply: Replies["alarm"], details: Details): string {
  const alarms = reply.alarms.map(
    ({ memberId, alarm: kind }) =>
      field("MemberID", details.hex ? hex(memberId) : memberId) +
      `${field("AlarmType", ALARM_NAMES[kind] ?? kind)}\n`,
  );
  return header(details, reply.header) + alarms.join("");
}

function roleGet(reply: Replies["roleGet"], details: Details): string {
  const perms = reply.perm.map(
    ({ permType, key, rangeEnd }) =>
      field("PermType", ` ${PERMISSION_NAMES[permType] ?? permType}`) +
      field("Key", quoted(key)) +
      field("RangeEnd", quoted(rangeEnd)),
  );
  return header(details, reply.header) + perms.join("");
}

function headerOnly(
  reply: { readonly header: ResponseHeader | undefined },
  details: Details,
): string {
  return header(details, reply.header);
}

/** `-w fields`: one field a line. */
export const fields: OutputForm = {
  get,
  put,
  del,
  txn,
  watch,
  grant: granted,
  keepAlive: granted,
  revoke: headerOnly,
  timeToLive,
  leases: (reply, details) =>
    header(details, reply.header) + reply.leases.map(({ id }) => leaseId(details, id)).join(""),
  memberList,
  endpointHealth: health,
  endpointStatus: status,
  endpointHashKv: hashKv,
  alarm,
  roleAdd: headerOnly,
  roleGet,
  roleDelete: headerOnly,
  roleList: (reply, details) =>
    `${header(details, reply.header)}"Roles" :${reply.roles.map((role) => ` ${quoted(role)}`).join("")}\n`,
  roleGrant: headerOnly,
  roleRevoke: headerOnly,
  userAdd: headerOnly,
  userPassword: headerOnly,
  userGrantRole: headerOnly,
  userRevokeRole: headerOnly,
  userDelete: headerOnly,
};

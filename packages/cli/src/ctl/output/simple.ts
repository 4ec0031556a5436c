import { prefixEnd } from "@nodetcd/bytes";
import { type KeyValue, type Permission, PermissionType } from "@nodetcd/messages";
import type { Details, OutputForm, Replies } from "./replies.ts";
import { hashRows, memberRows, type Rows, statusRows } from "./rows.ts";
import { ALARM_NAMES, eventName, hex, hex16, hexEscapes, raw, rawText, wideHex } from "./values.ts";

function keyValue({ hex: isHex, valueOnly }: Details, kv: KeyValue | undefined): string {
  const show = isHex ? hexEscapes : raw;
  const { key, value } = kv ?? { key: new Uint8Array(0), value: new Uint8Array(0) };
  return `${valueOnly === true ? "" : `${show(key)}\n`}${show(value)}\n`;
}

function keyValues(details: Details, list: readonly KeyValue[]): string {
  return list.map((kv) => keyValue(details, kv)).join("");
}

function put({ prevKv }: Replies["put"], details: Details): string {
  return `OK\n${prevKv === undefined ? "" : keyValue(details, prevKv)}`;
}

function del({ deleted, prevKvs }: Replies["del"], details: Details): string {
  return `${deleted}\n${keyValues(details, prevKvs)}`;
}

function txn({ succeeded, responses }: Replies["txn"], details: Details): string {
  const parts = responses.map((response) => {
    const { responseRange, responsePut, responseDeleteRange } = response;
    if (responseRange !== undefined) return `\n${keyValues(details, responseRange.kvs)}`;
    if (responsePut !== undefined) return `\n${put(responsePut, details)}`;
    if (responseDeleteRange !== undefined) return `\n${del(responseDeleteRange, details)}`;
    return "\n";
  });
  return `${succeeded ? "SUCCESS" : "FAILURE"}\n${parts.join("")}`;
}

function watch({ events }: Replies["watch"], details: Details): string {
  return events
    .map(({ type, kv, prevKv }) => {
      const before = prevKv === undefined ? "" : keyValue(details, prevKv);
      return `${eventName(type)}\n${before}${keyValue(details, kv)}`;
    })
    .join("");
}

function timeToLive(reply: Replies["timeToLive"], { keys }: Details): string {
  if (reply.grantedTtl === 0 && reply.ttl === -1) {
    return `lease ${hex16(reply.id)} already expired\n`;
  }
  const attached = keys === true ? `, attached keys([${reply.keys.map(raw).join(" ")}])` : "";
  return `lease ${hex16(reply.id)} granted with TTL(${reply.grantedTtl}s), remaining(${reply.ttl}s)${attached}\n`;
}

function commas({ rows }: Rows): string {
  return rows.map((row) => `${rawText(row.join(", "))}\n`).join("");
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${rawText(text)}\n`).join("");
}

function permission({ key, rangeEnd }: Permission): string {
  if (rangeEnd.length === 0) return `\t${raw(key)}\n`;
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0;
  const range = isOpen ? `[${raw(key)}, <open ended>` : `[${raw(key)}, ${raw(rangeEnd)})`;
  const isPrefix = key.length > 0 && Buffer.compare(prefixEnd(key), rangeEnd) === 0;
  return `\t${range}${isPrefix ? ` (prefix ${raw(key)})` : ""}\n`;
}

const OPEN = "\t[, <open ended>\n";

function roleGet({ perm }: Replies["roleGet"], { name = "" }: Details): string {
  const title = `Role ${rawText(name)}\n`;
  if (name === "root" && perm.length === 0) return `${title}KV Read:\n${OPEN}KV Write:\n${OPEN}`;
  const of = (kind: number): string =>
    perm
      .filter(({ permType }) => permType === kind || permType === PermissionType.READWRITE)
      .map(permission)
      .join("");
  return `${title}KV Read:\n${of(PermissionType.READ)}KV Write:\n${of(PermissionType.WRITE)}`;
}

function roleRevoke(_: Replies["roleRevoke"], details: Details): string {
  const { key = "", rangeEnd = "", role = "" } = details;
  const to = rangeEnd === "\0" ? `<open ended>` : `${rangeEnd})`;
  const what = rangeEnd === "" ? `key ${key}` : `range [${key}, ${to}`;
  return rawText(`Permission of ${what} is revoked from role ${role}\n`);
}

const LEASE_WORDS = {
  grant: ({ id, ttl }: Replies["grant"]): string =>
    `lease ${hex16(id)} granted with TTL(${ttl}s)\n`,
  keepAlive: ({ id, ttl }: Replies["keepAlive"]): string =>
    `lease ${hex16(id)} keepalived with TTL(${ttl})\n`,
};

function memberAdd({ header, member }: Replies["memberAdd"]): string {
  const as = member?.isLearner === true ? " as learner " : " ";
  return `Member ${wideHex(member?.id ?? 0n)} added${as}to cluster ${wideHex(header?.clusterId ?? 0n)}\n`;
}

/** `Member 1 removed from cluster 2`. */
function memberChange(
  words: string,
): (reply: Pick<Replies["memberRemove"], "header">, details: Details) => string {
  return ({ header }, { id = 0n }) =>
    `Member ${wideHex(id)} ${words} cluster ${wideHex(header?.clusterId ?? 0n)}\n`;
}

/** `User x created`. */
function named(before: string, after: string): (_: unknown, details: Details) => string {
  return (_, { name = "" }) => rawText(`${before} ${name} ${after}\n`);
}

/** `-w simple`: for people, and what scripts have always read. */
export const simple: OutputForm = {
  get: ({ kvs }, details) => keyValues(details, kvs),
  put,
  del,
  txn,
  watch,
  ...LEASE_WORDS,
  revoke: (_, { id = 0n }) => `lease ${hex16(id)} revoked\n`,
  timeToLive,
  leases: ({ leases }) =>
    `found ${leases.length} leases\n${leases.map(({ id }) => `${hex16(id)}\n`).join("")}`,
  memberAdd,
  memberRemove: memberChange("removed from"),
  memberUpdate: memberChange("updated in"),
  memberPromote: memberChange("promoted in"),
  memberList: (reply) => commas(memberRows(reply)),
  endpointHealth: (list) =>
    list
      .filter(({ error }) => error === "")
      .map(({ endpoint, took }) =>
        rawText(`${endpoint} is healthy: successfully committed proposal: took = ${took}\n`),
      )
      .join(""),
  endpointStatus: (list) => commas(statusRows(list)),
  endpointHashKv: (list) => commas(hashRows(list)),
  moveLeader: (_, { leader = 0n, id = 0n }) =>
    `Leadership transferred from ${hex(leader)} to ${hex(id)}\n`,
  downgradeValidate: ({ version }) => `Downgrade validate success, cluster version ${version}\n`,
  downgradeEnable: ({ version }) => `Downgrade enable success, cluster version ${version}\n`,
  downgradeCancel: ({ version }) => `Downgrade cancel success, cluster version ${version}\n`,
  alarm: ({ alarms }) =>
    alarms
      .map(({ memberId, alarm }) => `memberID:${memberId} alarm:${ALARM_NAMES[alarm] ?? alarm}\n`)
      .join(""),
  roleAdd: named("Role", "created"),
  roleGet,
  roleDelete: named("Role", "deleted"),
  roleList: ({ roles }) => lines(roles),
  roleGrant: named("Role", "updated"),
  roleRevoke,
  userAdd: named("User", "created"),
  userGet: ({ roles }, { name = "" }) =>
    rawText(`User: ${name}\nRoles:${roles.map((role) => ` ${role}`).join("")}\n`),
  userList: ({ users }) => lines(users),
  userPassword: () => "Password updated\n",
  userGrantRole: (_, { name = "", role = "" }) =>
    rawText(`Role ${role} is granted to user ${name}\n`),
  userRevokeRole: (_, { name = "", role = "" }) =>
    rawText(`Role ${role} is revoked from user ${name}\n`),
  userDelete: named("User", "deleted"),
  authStatus: ({ enabled, authRevision }) =>
    `Authentication Status: ${enabled}\nAuthRevision: ${authRevision}\n`,
};

/** Requests as etcd's warnings print them: protobuf's text form, values replaced by their size. */
import {
  AlarmAction,
  AlarmType,
  type Compare,
  CompareResult,
  CompareTarget,
  type DeleteRangeRequest,
  type InternalRaftRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  SortOrder,
  SortTarget,
  type TxnRequest,
} from "@nodetcd/messages";

/** Longer texts are cut: a transaction may hold many keys. */
const TEXT_MAX = 4_096;
/** Operations of one branch that are printed; the rest is counted. */
const OPERATIONS_MAX = 64;

type Value = Uint8Array | number | bigint | boolean | string;

/** Fields with values other than zero, in protobuf's order: `key:"a"  limit:5`. */
function fields(separator: string, ...pairs: readonly (readonly [string, Value])[]): string {
  const isSet = (value: Value): boolean =>
    value instanceof Uint8Array ? value.length > 0 : Boolean(value);
  const shown = pairs.filter(([, value]) => isSet(value));
  return shown.map(([name, value]) => `${name}:${valueText(value)}`).join(separator);
}

function valueText(value: Value): string {
  return value instanceof Uint8Array ? quoted(value) : String(value);
}

/** `"a\"b\x00"`; UTF-8 stays as it is. */
function quoted(bytes: Uint8Array): string {
  const shown = bytes.length > TEXT_MAX ? bytes.subarray(0, TEXT_MAX) : bytes;
  const text = Buffer.from(shown).toString("utf8");
  // What is not UTF-8 is shown byte by byte.
  const isText = !text.includes("\ufffd");
  const source = isText ? text : Buffer.from(shown).toString("latin1");
  let result = "";
  for (const character of source) result += escaped(character, isText);
  return `"${result}"`;
}

function escaped(character: string, isText: boolean): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const isPlain = code >= 0x20 && code !== 0x7f && (code < 0x80 || isText);
  return isPlain ? character : `\\x${code.toString(16).padStart(2, "0")}`;
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}

/** The name of an enum's value; "" for zero, which is not printed. */
function enumText(names: Readonly<Record<string, number>>, value: number): string {
  return value === 0 ? "" : nameOf(names, value);
}

export function rangeText(request: RangeRequest): string {
  return fields(
    "  ",
    ["key", request.key],
    ["range_end", request.rangeEnd],
    ["limit", request.limit],
    ["revision", request.revision],
    ["sort_order", enumText(SortOrder, request.sortOrder)],
    ["sort_target", enumText(SortTarget, request.sortTarget)],
    ["serializable", request.serializable],
    ["keys_only", request.keysOnly],
    ["count_only", request.countOnly],
    ["min_mod_revision", request.minModRevision],
    ["max_mod_revision", request.maxModRevision],
    ["min_create_revision", request.minCreateRevision],
    ["max_create_revision", request.maxCreateRevision],
  );
}

/** Each field with a blank behind it, as etcd prints this one. */
export function putText(request: PutRequest): string {
  const text = fields(
    " ",
    ["key", request.key],
    ["value_size", request.value.length],
    ["lease", request.lease],
    ["prev_kv", request.prevKv],
    ["ignore_value", request.ignoreValue],
    ["ignore_lease", request.ignoreLease],
  );
  return text === "" ? "" : `${text} `;
}

export function deleteRangeText({ key, rangeEnd, prevKv }: DeleteRangeRequest): string {
  return fields("  ", ["key", key], ["range_end", rangeEnd], ["prev_kv", prevKv]);
}

export function txnText(request: TxnRequest): string {
  const compare = listText(request.compare, (item) => compareText(item));
  const success = listText(request.success, operationText);
  const failure = listText(request.failure, operationText);
  return `compare:<${compare}> success:<${success}> failure:<${failure}>`.slice(0, TEXT_MAX);
}

function listText<T>(items: readonly T[], text: (item: T) => string): string {
  const shown = items.slice(0, OPERATIONS_MAX).map(text);
  const rest = items.length - shown.length;
  return [...shown, ...(rest > 0 ? [`... ${rest} more`] : [])].join(" ");
}

function compareText(compare: Compare): string {
  const result = enumText(CompareResult, compare.result);
  const target = enumText(CompareTarget, compare.target);
  const head = fields("  ", ["result", result], ["target", target], ["key", compare.key]);
  const end = compare.rangeEnd.length > 0 ? `  range_end:${quoted(compare.rangeEnd)}` : "";
  const { version, createRevision, modRevision, value, lease } = compare;
  // The operand is printed even when it is zero: one of them is always chosen.
  if (version !== undefined) return `${head}  version:${version}${end}`;
  if (createRevision !== undefined) return `${head}  create_revision:${createRevision}${end}`;
  if (modRevision !== undefined) return `${head}  mod_revision:${modRevision}${end}`;
  if (lease !== undefined) return `${head}  lease:${lease}${end}`;
  return `${head}${value === undefined ? "" : `  value_size:${value.length}`}${end}`;
}

function operationText(operation: RequestOp): string {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
  if (requestPut !== undefined) return `request_put:<${putText(requestPut)}>`;
  if (requestTxn !== undefined) return `request_txn:<${txnText(requestTxn)}>`;
  if (requestRange !== undefined) return `request_range:{${rangeText(requestRange)}}`;
  if (requestDeleteRange === undefined) return "";
  return `request_delete_range:{${deleteRangeText(requestDeleteRange)}}`;
}

const hex16 = (id: bigint): string => BigInt.asUintN(64, id).toString(16).padStart(16, "0");

/** A request of the log, with the id under which it was proposed. */
export function raftRequestText(request: InternalRaftRequest): string {
  const id = request.header?.id ?? request.id;
  const { put, txn, deleteRange, compaction, leaseGrant, leaseRevoke, alarm } = request;
  if (put !== undefined) return `header:<ID:${id}> put:<${putText(put)}>`;
  if (txn !== undefined) return `header:<ID:${id}> txn:<${txnText(txn)}>`;
  if (leaseGrant !== undefined) {
    const grant = `ttl:${leaseGrant.ttl}-second id:${hex16(leaseGrant.id)}`;
    return `header:<ID:${id}> lease_grant:<${grant}>`;
  }
  if (leaseRevoke !== undefined) {
    return `header:<ID:${id}> lease_revoke:<id:${hex16(leaseRevoke.id)}>`;
  }
  const header = `header:{ID:${id}}`;
  if (deleteRange !== undefined) return `${header}  delete_range:{${deleteRangeText(deleteRange)}}`;
  if (compaction !== undefined) {
    const text = fields("  ", ["revision", compaction.revision], ["physical", compaction.physical]);
    return `${header}  compaction:{${text}}`;
  }
  if (alarm !== undefined) {
    const action = enumText(AlarmAction, alarm.action);
    const type = enumText(AlarmType, alarm.alarm);
    const text = fields("  ", ["action", action], ["memberID", alarm.memberId], ["alarm", type]);
    return `${header}  alarm:{${text}}`;
  }
  const version = request.clusterVersionSet?.ver;
  return version === undefined ? header : `${header}  cluster_version_set:{ver:"${version}"}`;
}

/** What each field of a message becomes: its name, its type and its place on the wire. */
import protobuf from "protobufjs";
import { propertyName } from "../src/json/names.ts";
import { tsName } from "./schema.ts";

/** 64-bit fields that hold random ids: `bigint`. All other 64-bit fields are counters: `number`. */
const ID_FIELDS = new Set(
  "cluster_id member_id ID lease memberID targetID node_id NodeID ClusterID to from vote member_ID voters learners voters_outgoing learners_next id Leader leader watch_id".split(
    " ",
  ),
);

export interface FieldPlan {
  field: protobuf.Field;
  name: string;
  kind: "message" | "enum" | "bytes" | "string" | "bool" | "id" | "counter" | "uint32";
  ts: string;
  zero: string;
  /** Absent is told apart from zero: messages and the members of a oneof. */
  optional: boolean;
}

export function plan(field: protobuf.Field): FieldPlan {
  const resolved = field.resolvedType;
  const base = { field, name: propertyName(field.name) };
  const optional = resolved instanceof protobuf.Type || isRealOneof(field);
  if (resolved instanceof protobuf.Type) {
    return { ...base, kind: "message", ts: tsName(resolved), zero: "undefined", optional };
  }
  if (resolved instanceof protobuf.Enum) {
    return { ...base, kind: "enum", ts: tsName(resolved), zero: "0", optional };
  }
  switch (field.type) {
    case "bytes":
      return { ...base, kind: "bytes", ts: "Uint8Array", zero: "NO_BYTES", optional };
    case "string":
      return { ...base, kind: "string", ts: "string", zero: '""', optional };
    case "bool":
      return { ...base, kind: "bool", ts: "boolean", zero: "false", optional };
    case "uint32":
      return { ...base, kind: "uint32", ts: "number", zero: "0", optional };
    case "int64":
    case "uint64":
      return ID_FIELDS.has(field.name)
        ? { ...base, kind: "id", ts: "bigint", zero: "0n", optional }
        : { ...base, kind: "counter", ts: "number", zero: "0", optional };
    default:
      throw new Error(`No rule for the type ${field.type} of ${field.fullName}`);
  }
}

export function isRealOneof(field: protobuf.Field): boolean {
  return field.partOf !== null && !field.options?.["proto3_optional"];
}

export const WIRE_TYPE = {
  message: 2,
  enum: 0,
  bytes: 2,
  string: 2,
  bool: 0,
  id: 0,
  counter: 0,
  uint32: 0,
};

export function tagOf(p: FieldPlan, packed = false): number {
  return ((p.field.id << 3) | (packed ? 2 : WIRE_TYPE[p.kind])) >>> 0;
}

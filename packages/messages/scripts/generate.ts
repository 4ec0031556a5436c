/**
 * Writes `src/generated/*.ts` from `proto/*.proto`: for every message an interface and a codec of
 * straight-line code. Run by `npm run generate`; a test fails when the output is not current.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const here = dirname(fileURLToPath(import.meta.url));
const protoFolder = join(here, "../proto");
const outFolder = process.argv[2] ?? join(here, "../src/generated");

/** 64-bit fields that hold random ids: `bigint`. All other 64-bit fields are counters: `number`. */
const ID_FIELDS = new Set(
  "cluster_id member_id ID lease memberID targetID node_id NodeID ClusterID to from vote member_ID voters learners voters_outgoing learners_next id Leader leader".split(
    " ",
  ),
);

/** Files whose counters come from clients: what is beyond a safe integer is clamped, not refused. */
const CLAMPED_FILES = new Set(["rpc", "v3lock", "v3election"]);

/** Messages and enums whose own name would be ambiguous in one flat list. */
const RENAMED: Record<string, string> = {
  "membershippb.Member": "MembershipMember",
  "leasepb.Lease": "LeaseRecord",
  "walpb.Record": "WalRecord",
  "walpb.Snapshot": "WalSnapshot",
  "snappb.snapshot": "SnapshotFile",
  "raftpb.Message": "RaftMessage",
  "raftpb.Snapshot": "RaftSnapshot",
  "etcdserverpb.Metadata": "WalMetadata",
  "authpb.Permission.Type": "PermissionType",
};

function camel(name: string): string {
  const joined = name
    .replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/URLs$/, "Urls")
    .replace(/ID$/, "Id")
    .replace(/TTL$/, "Ttl");
  return joined === "Id"
    ? "id"
    : joined === "Ttl"
      ? "ttl"
      : joined[0]!.toLowerCase() + joined.slice(1);
}

function tsName(type: protobuf.Type | protobuf.Enum): string {
  const full = type.fullName.replace(/^\./, "");
  return RENAMED[full] ?? type.name;
}

interface FieldPlan {
  field: protobuf.Field;
  name: string;
  kind: "message" | "enum" | "bytes" | "string" | "bool" | "id" | "counter" | "uint32";
  ts: string;
  zero: string;
  /** Absent is told apart from zero: messages and the members of a oneof. */
  optional: boolean;
}

function plan(field: protobuf.Field): FieldPlan {
  const resolved = field.resolvedType;
  const base = { field, name: camel(field.name) };
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

function isRealOneof(field: protobuf.Field): boolean {
  return field.partOf !== null && !field.options?.["proto3_optional"];
}

const WIRE_TYPE = {
  message: 2,
  enum: 0,
  bytes: 2,
  string: 2,
  bool: 0,
  id: 0,
  counter: 0,
  uint32: 0,
};

function tagOf(p: FieldPlan, packed = false): number {
  return ((p.field.id << 3) | (packed ? 2 : WIRE_TYPE[p.kind])) >>> 0;
}

function readExpression(p: FieldPlan, clamped: boolean): string {
  switch (p.kind) {
    case "message":
      return p.field.repeated
        ? `${p.ts}.read(r, r.delimited())`
        : `${p.ts}.read(r, r.delimited(), m.${p.name})`;
    case "enum":
      return `read${p.ts}(r)`;
    case "bytes":
      return "r.view()";
    case "string":
      return "r.string()";
    case "bool":
      return "r.bool()";
    case "uint32":
      return "r.uint32()";
    case "id":
      return p.field.type === "int64" ? "r.int64()" : "r.uint64()";
    case "counter":
      return clamped ? "r.clampedCounter()" : "r.counter()";
  }
}

/** Of a oneof the member that comes last stays: the others are forgotten. */
function forgetOthers(p: FieldPlan): string {
  if (p.field.partOf === null || !isRealOneof(p.field)) return "";
  return p.field.partOf.fieldsArray
    .filter((other) => other !== p.field)
    .map((other) => ` m.${camel(other.name)} = undefined;`)
    .join("");
}

function writeStatement(p: FieldPlan, value: string): string {
  const tag = `w.uint32(${tagOf(p)});`;
  switch (p.kind) {
    case "message":
      return `${tag} const mark = w.beginDelimited(); ${p.ts}.write(w, ${value}); w.endDelimited(mark);`;
    case "enum":
      return `${tag} w.int32(${value});`;
    case "bytes":
      return `${tag} w.delimited(${value});`;
    case "string":
      return `${tag} w.string(${value});`;
    case "bool":
      return `${tag} w.bool(${value});`;
    case "uint32":
      return `${tag} w.uint32(${value});`;
    case "id":
      return `${tag} w.uint64(${value});`;
    case "counter":
      return `${tag} w.counter(${value});`;
  }
}

function isPresent(p: FieldPlan, value: string): string {
  if (p.optional) return `${value} !== undefined`;
  if (p.kind === "bytes") return `${value} !== undefined && ${value}.length > 0`;
  return `${value}`;
}

function messageCode(type: protobuf.Type, clamped: boolean): string {
  const name = tsName(type);
  const fields = type.fieldsArray.toSorted((a, b) => a.id - b.id).map(plan);
  const lines: string[] = [];
  const tsType = (p: FieldPlan) =>
    p.field.repeated ? `${p.ts}[]` : p.optional ? `${p.ts} | undefined` : p.ts;
  lines.push(`/** \`${type.fullName.slice(1)}\` */`);
  lines.push(`export interface ${name} {`);
  for (const p of fields) lines.push(`  ${p.name}: ${tsType(p)};`);
  lines.push("}", "");
  lines.push(`export const ${name}: MessageCodec<${name}> = messageCodec({`);
  lines.push(`  name: ${JSON.stringify(type.fullName.slice(1))},`);
  lines.push(`  create(): ${name} { return {`);
  for (const p of fields) {
    lines.push(`    ${p.name}: ${p.field.repeated ? "[]" : p.optional ? "undefined" : p.zero},`);
  }
  lines.push("  }; },");
  lines.push(`  read(r: WireReader, end: number, m: ${name} = ${name}.create()): ${name} {`);
  lines.push("    while (r.position < end) {");
  lines.push("      const tag = r.tag();");
  lines.push("      switch (tag) {");
  for (const p of fields) {
    const read = readExpression(p, clamped);
    lines.push(
      `        case ${tagOf(p)}: ${p.field.repeated ? `m.${p.name}.push(${read});` : `m.${p.name} = ${read};${forgetOthers(p)}`} break;`,
    );
    if (p.field.repeated && WIRE_TYPE[p.kind] === 0) {
      lines.push(
        `        case ${tagOf(p, true)}: { const packedEnd = r.delimited(); while (r.position < packedEnd) m.${p.name}.push(${read}); r.expectAt(packedEnd); break; }`,
      );
    }
  }
  lines.push("        default: r.skip(tag);");
  lines.push("      }", "    }");
  lines.push("    r.expectAt(end);", "    return m;", "  },");
  lines.push(`  write(w: WireWriter, m: Init<${name}>): void {`);
  if (fields.length === 0) lines.push("    void w; void m;");
  for (const p of fields) {
    const value = `m.${p.name}`;
    if (
      p.field.repeated &&
      WIRE_TYPE[p.kind] === 0 &&
      type.root.lookup(type.fullName) &&
      isProto3(type)
    ) {
      lines.push(
        `    if (${value} !== undefined && ${value}.length > 0) { w.uint32(${tagOf(p, true)}); const mark = w.beginDelimited(); for (const v of ${value}) ${packedWrite(p)} w.endDelimited(mark); }`,
      );
    } else if (p.field.repeated) {
      lines.push(
        `    if (${value} !== undefined) for (const v of ${value}) { ${writeStatement(p, "v")} }`,
      );
    } else {
      lines.push(`    if (${isPresent(p, value)}) { ${writeStatement(p, value)} }`);
    }
  }
  lines.push("  },", "});", "");
  return lines.join("\n");
}

function packedWrite(p: FieldPlan): string {
  return writeStatement(p, "v").replace(/^w\.uint32\(\d+\); /, "");
}

let proto3 = true;
function isProto3(_type: protobuf.Type): boolean {
  return proto3;
}

function enumCode(type: protobuf.Enum): string {
  const name = tsName(type);
  const entries = Object.entries(type.values);
  const lines = [`/** \`${type.fullName.slice(1)}\` */`, `export const ${name} = {`];
  for (const [key, value] of entries) lines.push(`  ${key}: ${value},`);
  lines.push("} as const;");
  if (proto3) {
    lines.push("/** Open: a value that the schema does not name is kept as it came. */");
    lines.push(`export type ${name} = number;`);
    lines.push(`function read${name}(r: WireReader): ${name} { return r.int32(); }`);
  } else {
    lines.push(`export type ${name} = (typeof ${name})[keyof typeof ${name}];`);
    const max = Math.max(...entries.map(([, value]) => value));
    lines.push(
      `function read${name}(r: WireReader): ${name} { return r.closedEnum(${max}) as ${name}; }`,
    );
  }
  return [...lines, ""].join("\n");
}

/** All messages and enums of one file, nested ones flattened, in the order of the file. */
function* declarations(space: protobuf.NamespaceBase): Generator<protobuf.Type | protobuf.Enum> {
  for (const object of space.nestedArray) {
    if (object instanceof protobuf.Enum) yield object;
    if (object instanceof protobuf.Type) {
      yield* declarations(object);
      yield object;
    } else if (object instanceof protobuf.Namespace) yield* declarations(object);
  }
}

mkdirSync(outFolder, { recursive: true });
const files = readdirSync(protoFolder).filter((file) => file.endsWith(".proto"));
const root = new protobuf.Root();
const fileOf = new Map<string, string>();
const parsed = files.map((file) => {
  const base = file.replace(".proto", "");
  const own = new protobuf.Root();
  const text = readFileSync(join(protoFolder, file), "utf8");
  protobuf.parse(text, own, { keepCase: true });
  for (const d of declarations(own)) fileOf.set(d.fullName, base);
  protobuf.parse(text, root, { keepCase: true });
  return {
    base,
    names: [...declarations(own)].map((d) => d.fullName),
    proto3: text.includes('"proto3"'),
  };
});
root.resolveAll();

for (const file of parsed) {
  proto3 = file.proto3;
  const all = file.names.map(
    (name) => root.lookupTypeOrEnum(name) as protobuf.Type | protobuf.Enum,
  );
  const imports = new Map<string, Set<string>>();
  let body = "";
  for (const d of all) {
    body +=
      (d instanceof protobuf.Enum ? enumCode(d) : messageCode(d, CLAMPED_FILES.has(file.base))) +
      "\n";
    if (d instanceof protobuf.Enum) continue;
    for (const field of d.fieldsArray) {
      const other = field.resolvedType;
      if (other === null) continue;
      const from = fileOf.get(other.fullName)!;
      if (from === file.base) continue;
      if (!imports.has(from)) imports.set(from, new Set());
      imports.get(from)!.add(tsName(other));
    }
  }
  const usesNoBytes = body.includes("NO_BYTES");
  const head = [
    `// Generated by "npm run generate" from proto/${file.base}.proto. Do not edit.`,
    'import type { WireReader, WireWriter } from "@nodetcd/bytes";',
    `import { messageCodec, ${usesNoBytes ? "NO_BYTES, " : ""}type Init, type MessageCodec } from "../codec.ts";`,
    ...[...imports].map(
      ([from, names]) => `import { ${[...names].toSorted().join(", ")} } from "./${from}.ts";`,
    ),
    "",
    "",
  ].join("\n");
  writeFileSync(
    join(outFolder, `${file.base.replaceAll("_", "-")}.ts`),
    (head + body).replace(
      /from "\.\/(\w+)\.ts"/g,
      (_, n: string) => `from "./${n.replaceAll("_", "-")}.ts"`,
    ),
  );
}

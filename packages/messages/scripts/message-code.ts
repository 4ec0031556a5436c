/** The module of one schema: for every message an interface and a codec of straight-line code. */
import protobuf from "protobufjs";
import { propertyName } from "../src/json/names.ts";
import { type FieldPlan, isRealOneof, plan, tagOf, WIRE_TYPE } from "./fields.ts";
import { moduleName, type SchemaFile, type Schemas, tsName } from "./schema.ts";

/** Files whose counters come from clients: what is beyond a safe integer is clamped, not refused. */
const CLAMPED_FILES = new Set(["rpc", "v3lock", "v3election"]);

interface FileRules {
  readonly clamped: boolean;
  readonly proto3: boolean;
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
    .map((other) => ` m.${propertyName(other.name)} = undefined;`)
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

function messageCode(type: protobuf.Type, { clamped, proto3 }: FileRules): string {
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
    if (p.field.repeated && WIRE_TYPE[p.kind] === 0 && proto3) {
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

function enumCode(type: protobuf.Enum, { proto3 }: FileRules): string {
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

/** The text of `src/generated/<base>.ts`. */
export function messageModule(schemas: Schemas, file: SchemaFile): string {
  const rules = { clamped: CLAMPED_FILES.has(file.base), proto3: file.proto3 };
  const own = moduleName(file.base);
  const imports = new Map<string, Set<string>>();
  let body = "";
  for (const d of file.declarations) {
    body += (d instanceof protobuf.Enum ? enumCode(d, rules) : messageCode(d, rules)) + "\n";
    if (d instanceof protobuf.Enum) continue;
    for (const { resolvedType } of d.fieldsArray) {
      if (resolvedType === null) continue;
      const from = schemas.moduleOf(resolvedType);
      if (from === own) continue;
      if (!imports.has(from)) imports.set(from, new Set());
      imports.get(from)!.add(tsName(resolvedType));
    }
  }
  const noBytes = body.includes("NO_BYTES") ? "NO_BYTES, " : "";
  return [
    `// Generated by "npm run generate" from proto/${file.base}.proto. Do not edit.`,
    'import type { WireReader, WireWriter } from "@nodetcd/bytes";',
    `import { messageCodec, ${noBytes}type Init, type MessageCodec } from "../codec.ts";`,
    ...[...imports].map(
      ([from, names]) => `import { ${[...names].toSorted().join(", ")} } from "./${from}.ts";`,
    ),
    "",
    body,
  ].join("\n");
}

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import protobuf from "protobufjs";

const protoFolder = join(dirname(fileURLToPath(import.meta.url)), "../../proto");

/** All schemas, as protobufjs reads them. */
export function schemas(): protobuf.Root {
  const root = new protobuf.Root();
  for (const file of readdirSync(protoFolder)) {
    protobuf.parse(readFileSync(join(protoFolder, file), "utf8"), root, { keepCase: true });
  }
  root.resolveAll();
  return root;
}

export const AS_TEXT = { longs: String, bytes: String, enums: Number } as const;

export function dropZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropZeros);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, dropZeros(inner)] as const)
    .filter(([, inner]) => inner !== 0 && inner !== "0" && inner !== "" && inner !== false);
  return Object.fromEntries(kept);
}

/** Plain objects that `type.fromObject` takes; nested messages down to `depth`. */
export function arbitraryOf(
  type: protobuf.Type,
  depth: number,
): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  const taken = new Set<protobuf.OneOf>();
  for (const field of type.fieldsArray) {
    if (field.partOf !== null) {
      if (taken.has(field.partOf)) continue;
      taken.add(field.partOf);
      const members = field.partOf.fieldsArray.filter((f) => depth > 0 || !isMessage(f));
      if (members.length === 0) continue;
      fields[field.partOf.name] = fc.oneof(
        ...members.map((f) => one(f, depth).map((value) => ({ [f.name]: value }))),
      );
    } else if (depth > 0 || !isMessage(field)) {
      fields[field.name] = field.repeated
        ? fc.array(one(field, depth), { maxLength: 3 })
        : one(field, depth);
    }
  }
  const oneofs = new Set(type.oneofsArray.map((oneof) => oneof.name));
  return fc.record(fields, { requiredKeys: [] }).map((record) => {
    const flat: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(record)) {
      if (oneofs.has(name)) Object.assign(flat, value);
      else flat[name] = value;
    }
    return flat;
  });
}

function isMessage(field: protobuf.Field): boolean {
  return field.resolvedType instanceof protobuf.Type;
}

function one(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Type) return arbitraryOf(resolved, depth - 1);
  if (resolved instanceof protobuf.Enum) return fc.constantFrom(...Object.values(resolved.values));
  switch (field.type) {
    case "bytes":
      return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    case "string":
      return fc.string({ maxLength: 12 });
    case "bool":
      return fc.boolean();
    case "uint32":
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case "int64":
      return fc.oneof(fc.nat(300), fc.nat(), fc.integer({ min: -5, max: -1 }));
    default:
      return fc.oneof(fc.nat(300), fc.nat());
  }
}

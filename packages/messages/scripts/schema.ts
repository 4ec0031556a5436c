/** The schemas in `proto/`, parsed, and the names that their declarations have in TypeScript. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const protoFolder = join(dirname(fileURLToPath(import.meta.url)), "../proto");

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

export function tsName(type: protobuf.Type | protobuf.Enum): string {
  const full = type.fullName.replace(/^\./, "");
  return RENAMED[full] ?? type.name;
}

/** One file of `proto/`. */
export interface SchemaFile {
  /** `rpc` for `rpc.proto`. */
  readonly base: string;
  readonly proto3: boolean;
  readonly declarations: readonly (protobuf.Type | protobuf.Enum)[];
  readonly services: readonly protobuf.Service[];
}

export interface Schemas {
  readonly files: readonly SchemaFile[];
  /** The file that declares a message or enum, as the name of a module: `raft-internal`. */
  moduleOf(type: protobuf.ReflectionObject): string;
}

export function moduleName(base: string): string {
  return base.replaceAll("_", "-");
}

export function readSchemas(): Schemas {
  const root = new protobuf.Root();
  const moduleOf = new Map<string, string>();
  const parsed = readdirSync(protoFolder)
    .filter((file) => file.endsWith(".proto"))
    .map((file) => {
      const base = file.replace(".proto", "");
      const own = new protobuf.Root();
      const text = readFileSync(join(protoFolder, file), "utf8");
      protobuf.parse(text, own, { keepCase: true });
      for (const d of declarations(own)) moduleOf.set(d.fullName, moduleName(base));
      protobuf.parse(text, root, { keepCase: true });
      return {
        base,
        names: [...declarations(own)].map((d) => d.fullName),
        services: [...services(own)].map((s) => s.fullName),
        proto3: text.includes('"proto3"'),
      };
    });
  root.resolveAll();
  return {
    files: parsed.map(({ base, names, services: own, proto3 }) => ({
      base,
      proto3,
      declarations: names.map(
        (name) => root.lookupTypeOrEnum(name) as protobuf.Type | protobuf.Enum,
      ),
      services: own.map((name) => root.lookupService(name)),
    })),
    moduleOf: (type) => moduleOf.get(type.fullName)!,
  };
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

function* services(space: protobuf.NamespaceBase): Generator<protobuf.Service> {
  for (const object of space.nestedArray) {
    if (object instanceof protobuf.Service) yield object;
    else if (object instanceof protobuf.Namespace) yield* services(object);
  }
}

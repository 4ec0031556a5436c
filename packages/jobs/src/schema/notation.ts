/**
 * Types of objects in a notation of their own: what protobuf, validation, patches and OpenAPI need to know of them.
 *
 *     package io.k8s.api.core.v1
 *     Container: A program of a pod.
 *       1 name string! | Unique in the pod.
 *       7 env []EnvVar ~name #name; 24 restartPolicy *string
 *
 * A line without indentation begins a type, with `@atomic` when server-side apply takes it as a whole. Fields are
 * parted by semicolons: protobuf number, name, type, marks; behind `|` what it means.
 *
 * - `[]T` list, `map[string]T` map, `*T` missing is not the same as empty, `T!` required
 * - `+T` the fields of T appear here (in JSON), but are a message in protobuf
 * - `~key` strategic merge patches merge the list by this key; `~` alone: of plain values; `~~key` retainKeys as well
 * - `#a,b` server-side apply takes the list as a map with these keys; `#` alone: as a set; without: as a whole
 */

export const SCALARS = [
  "string",
  "bool",
  "int32",
  "int64",
  "bytes",
  "Time",
  "MicroTime",
  "Quantity",
  "IntOrString",
  "FieldsV1",
  "ExtraValue",
] as const;
export type Scalar = (typeof SCALARS)[number];

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly shape: "one" | "list" | "map";
  /** Of the field, or of the items of its list or map. */
  readonly type: Scalar | MessageType;
  /** Missing and empty differ. */
  readonly pointer: boolean;
  readonly required: boolean;
  /** Its fields appear in the type around it. */
  readonly inline: boolean;
  readonly mergeKey: string | undefined;
  readonly retainKeys: boolean;
  readonly listKeys: readonly string[] | undefined;
  readonly atomic: boolean;
  readonly description: string;
}

export interface MessageType {
  /** `io.k8s.api.batch.v1.JobSpec` */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly atomic: boolean;
  /** As protobuf has them. */
  readonly fields: readonly Field[];
  /** As JSON has them: those of inline types as well. */
  readonly json: ReadonlyMap<string, Field>;
}

interface Draft extends MessageType {
  readonly package: string;
  readonly fields: Field[];
  json: Map<string, Field>;
  readonly lines: string[];
}

const HEADER = /^(\w+)(?: (@atomic))?(?:: (.*))?$/;
const FIELD =
  /^(\d+) (?:\+(\w+)|(\w+) (\*|\[\]|map\[string\])?(\w+)(!)?)(?: (~~?)(\w*))?(?: #([\w,]*))?(?: (@atomic))?$/;

function readDrafts(texts: readonly string[]): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  let packageName = "";
  let draft: Draft | undefined;
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    if (line === "") continue;
    if (line.startsWith("package ")) {
      packageName = line.slice("package ".length);
    } else if (line.startsWith(" ")) {
      draft?.lines.push(line.trim());
    } else {
      const match = HEADER.exec(line);
      if (match === null) throw new Error(`not a type: ${line}`);
      const [, name = "", atomic, description = ""] = match;
      const id = `${packageName}.${name}`;
      draft = {
        id,
        name,
        package: packageName,
        description,
        atomic: atomic !== undefined,
        fields: [],
        json: new Map(),
        lines: [],
      };
      drafts.set(id, draft);
    }
  }
  return drafts;
}

function readField(
  text: string,
  description: string,
  resolve: (name: string) => Field["type"],
): Field {
  const match = FIELD.exec(text);
  if (match === null) throw new Error(`not a field: ${text}`);
  const [, number, inlined, name, prefix, type, required, merge, mergeKey, listKeys, atomic] =
    match;
  const shape = prefix === "[]" ? "list" : prefix === "map[string]" ? "map" : "one";
  return {
    number: Number(number),
    name: name ?? "",
    shape,
    type: resolve(inlined ?? type ?? ""),
    pointer: prefix === "*",
    required: required !== undefined,
    inline: inlined !== undefined,
    mergeKey: merge === undefined ? undefined : (mergeKey ?? ""),
    retainKeys: merge === "~~",
    listKeys: listKeys?.split(",").filter((key) => key !== ""),
    atomic: atomic !== undefined,
    description,
  };
}

/** Fields of a type in JSON, those of inline types in place. */
function jsonFields(type: MessageType): Map<string, Field> {
  const found = new Map<string, Field>();
  for (const field of type.fields) {
    if (!field.inline) found.set(field.name, field);
    else if (typeof field.type !== "string") {
      for (const [name, inner] of jsonFields(field.type)) found.set(name, inner);
    }
  }
  return found;
}

/** Reads type texts; a type may name types of other texts. Raises for what it cannot read. */
export function readTypes(texts: readonly string[]): ReadonlyMap<string, MessageType> {
  const drafts = readDrafts(texts);
  const byName = new Map([...drafts.values()].map((draft) => [draft.name, draft]));
  for (const draft of drafts.values()) {
    const resolve = (name: string): Field["type"] => {
      const scalar = SCALARS.find((known) => known === name);
      const found = scalar ?? drafts.get(`${draft.package}.${name}`) ?? byName.get(name);
      if (found === undefined)
        throw new Error(`${draft.id} has a field of an unknown type ${name}`);
      return found;
    };
    for (const line of draft.lines) {
      const [fields = "", description = ""] = line.split(" | ");
      for (const field of fields.split("; ")) {
        draft.fields.push(readField(field, description, resolve));
      }
    }
  }
  for (const draft of drafts.values()) draft.json = jsonFields(draft);
  return drafts;
}

import type { Runtime } from "@nodetcd/runtime";
import { GENERATED_NAME_MAX, GENERATED_SUFFIX_LENGTH } from "../limits.ts";
import { type KubeObject, timeText } from "../objects/meta.ts";
import { prepareNew } from "../objects/prepare.ts";
import { type Resource, storageVersion } from "../objects/resource.ts";

/** No vowels and nothing that looks alike, so that no words come out. */
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

type World = Pick<Runtime, "clock" | "random">;

/** A random (version 4) UUID. */
export function newUid({ random }: Pick<Runtime, "random">): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** `hello-` becomes `hello-x7k2q`. */
export function generatedName({ random }: Pick<Runtime, "random">, base: string): string {
  let name = base.slice(0, GENERATED_NAME_MAX - GENERATED_SUFFIX_LENGTH);
  for (let i = 0; i < GENERATED_SUFFIX_LENGTH; i++) {
    name += SUFFIX_LETTERS[random.below(SUFFIX_LETTERS.length)];
  }
  return name;
}

/** A copy of `object` that can be stored: name, identity and time given, defaults filled in. */
export function newObject<T extends KubeObject>(world: World, resource: Resource<T>, object: T): T {
  const copy = structuredClone(object);
  const { metadata } = copy;
  if (metadata.name === "" && metadata.generateName !== undefined) {
    metadata.name = generatedName(world, metadata.generateName);
  }
  metadata.uid ??= newUid(world);
  metadata.creationTimestamp = timeText(world.clock.wallTime());
  copy.apiVersion = storageVersion(resource);
  copy.kind = resource.kind;
  prepareNew(resource, copy);
  return copy;
}

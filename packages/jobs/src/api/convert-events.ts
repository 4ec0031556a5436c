import type { KubeObject } from "../objects/meta.ts";

/** How a version looks whose fields differ from those that are stored. Both alter and give back what they get. */
export interface ConvertedResource {
  readonly toStored: (object: KubeObject) => KubeObject;
  readonly fromStored: (object: KubeObject) => KubeObject;
}

/** `events.k8s.io/v1` beside core's: the same events, with other names for the same things. */
const NAMES: readonly (readonly [stored: string, shown: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

function rename(object: KubeObject, pairs: readonly (readonly [string, string])[]): KubeObject {
  const names = new Map(pairs);
  const renamed = Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]);
  return Object.fromEntries(renamed) as KubeObject;
}

export const EVENTS_V1: {
  group: string;
  version: string;
  conversion: ConvertedResource;
} = {
  group: "events.k8s.io",
  version: "v1",
  conversion: {
    toStored: (object) =>
      rename(
        object,
        NAMES.map(([stored, shown]) => [shown, stored] as const),
      ),
    fromStored: (object) => rename(object, NAMES),
  },
};

import type { KubeObject } from "../api-client.ts";
import type { Mirror } from "./mirror.ts";

type Plain = Readonly<Record<string, unknown>>;

/**
 * What of a namespace is the same on both sides when both do the same: names that are random, uids, revisions and
 * times are taken out, pods are a bag, events are counted by what they say.
 */
export interface Picture {
  readonly cronJobs: readonly string[];
  readonly jobs: readonly string[];
  readonly pods: readonly string[];
  readonly events: readonly string[];
}

export function pictureOf(mirror: Mirror, namespace: string): Picture {
  const events = mirror.of("events", namespace).filter((event) => {
    const { involvedObject } = event as { involvedObject?: { kind: string } } & KubeObject;
    return ["Job", "CronJob"].includes(involvedObject?.kind ?? "");
  });
  return {
    cronJobs: sorted(mirror.of("cronjobs", namespace), cronJob),
    jobs: sorted(mirror.of("jobs", namespace), job),
    pods: sorted(mirror.of("pods", namespace), podText),
    events: countEvents(events),
  };
}

/** Equal texts mean pods that nobody can tell apart. */
export function podText(pod: KubeObject): string {
  return JSON.stringify({ ...common(pod), ...podStatus(pod), spec: podSpec(pod) });
}

function sorted(
  objects: readonly KubeObject[],
  picture: (object: KubeObject) => unknown,
): string[] {
  return objects
    .map((object) => {
      const drawn = picture(object);
      return typeof drawn === "string" ? drawn : JSON.stringify(drawn);
    })
    .sort();
}

/** Random ends of names, uids, and times but for those of schedules. */
export function settled(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "-XXXXX");
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, ordered(each)]));
}

function clean(value: unknown): unknown {
  return JSON.parse(settled(JSON.stringify(ordered(value ?? {}))));
}

function common({ metadata }: KubeObject): Plain {
  const { generateName, labels, annotations, finalizers, ownerReferences, deletionTimestamp } =
    metadata;
  const { "jobs.nodetcd.io/decided-until": _, ...told } = annotations ?? {};
  return {
    name: settled(metadata.name),
    generateName,
    labels: clean(labels),
    annotations: clean(told),
    finalizers,
    ownerReferences: clean(ownerReferences ?? []),
    going: deletionTimestamp !== undefined,
    grace: metadata.deletionGracePeriodSeconds,
  };
}

function job(object: KubeObject): Plain {
  const { status = {}, spec, metadata } = object;
  const {
    conditions = [],
    startTime,
    completionTime,
    uncountedTerminatedPods,
    ...counts
  } = status as {
    conditions?: Plain[];
    startTime?: string;
    completionTime?: string;
    uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] };
  };
  return {
    ...common(object),
    generation: metadata.generation,
    spec: clean(spec),
    status: {
      ...(ordered(counts) as Plain),
      startTime: startTime !== undefined,
      completionTime: completionTime !== undefined,
      uncounted: uncountedTerminatedPods && {
        succeeded: uncountedTerminatedPods.succeeded?.length ?? 0,
        failed: uncountedTerminatedPods.failed?.length ?? 0,
      },
      conditions: conditions.map(({ type, status: is, reason, message }) =>
        settled(`${String(type)}=${String(is)} ${String(reason)}: ${String(message)}`),
      ),
    },
  };
}

function cronJob(object: KubeObject): Plain {
  const { status = {}, spec, metadata } = object;
  const {
    active = [],
    lastScheduleTime,
    lastSuccessfulTime,
  } = status as {
    active?: { name: string }[];
    lastScheduleTime?: string;
    lastSuccessfulTime?: string;
  };
  return {
    ...common(object),
    generation: metadata.generation,
    spec: clean(spec),
    active: active.map(({ name }) => name),
    lastScheduleTime,
    lastSuccessfulTime: lastSuccessfulTime !== undefined,
  };
}

function podStatus({ status = {} }: KubeObject): Plain {
  const {
    phase,
    conditions = [],
    containerStatuses = [],
  } = status as {
    phase?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number; state: { terminated?: { exitCode: number } } }[];
  };
  return {
    phase,
    // Who schedules differs, and is not compared.
    conditions: conditions
      .filter(({ type }) => type !== "PodScheduled")
      .map(({ type, status: is }) => `${type}=${is}`),
    containers: containerStatuses.map(({ restartCount, state }) => [
      restartCount,
      state.terminated?.exitCode,
    ]),
  };
}

/** Admission plug-ins of Kubernetes' API server add these. */
const ADMITTED = ["priority", "preemptionPolicy", "tolerations", "enableServiceLinks"];

function podSpec({ spec = {} }: KubeObject): unknown {
  const kept = Object.entries(spec).filter(([name]) => !ADMITTED.includes(name));
  return clean(Object.fromEntries(kept));
}

/**
 * `MissSchedule` is an event of Kubernetes, but its search for slots never finds what it tells: docs/deviations.md.
 * It calls a Job of its own unexpected when it sees it before it sees that it has written it down.
 */
function isCompared(event: KubeObject): boolean {
  const { reason, message = "" } = event as { reason?: string; message?: string } & KubeObject;
  return reason !== "MissSchedule" && !(reason === "UnexpectedJob" && /: tick-\d+$/.test(message));
}

/**
 * Different events by what they say. How often one was repeated is left out: it says how often a controller looked,
 * and how often it had to look again because somebody was faster.
 */
function countEvents(events: readonly KubeObject[]): string[] {
  const told = new Set<string>();
  for (const event of events.filter(isCompared) as (KubeObject & Record<string, unknown>)[]) {
    const { kind, uid } = event["involvedObject"] as { kind: string; uid: string };
    const { type, reason, message, source } = event as unknown as Record<string, unknown>;
    const { component } = source as { component?: string };
    const what = `${kind} ${String(component)} ${String(type)} ${String(reason)}`;
    told.add(`${uid}|${what}: ${String(message)}`);
  }
  const counts = new Map<string, number>();
  for (const each of told) {
    const text = settled(each.slice(each.indexOf("|") + 1));
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} x ${text}`).sort();
}

/** What only one of them has; empty when they are equal. */
export function differences(real: Picture, ours: Picture): string[] {
  return (["cronJobs", "jobs", "pods", "events"] as const).flatMap((part) => {
    const onlyReal = without(real[part], ours[part]);
    const onlyOurs = without(ours[part], real[part]);
    if (onlyReal.length === 1 && onlyOurs.length === 1 && part !== "events") {
      return [`${part}:`, ...valueDifferences("", parse(onlyReal), parse(onlyOurs))];
    }
    return [
      ...onlyReal.map((line) => `Kubernetes: ${line}`),
      ...onlyOurs.map((line) => `nodetcd:    ${line}`),
    ];
  });
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const place = left.indexOf(line);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

function parse([line = "null"]: readonly string[]): unknown {
  return JSON.parse(line);
}

/** The fields that differ. */
function valueDifferences(path: string, real: unknown, ours: unknown): string[] {
  if (JSON.stringify(real) === JSON.stringify(ours)) return [];
  const isObject = (value: unknown): value is Plain => typeof value === "object" && value !== null;
  if (!isObject(real) || !isObject(ours)) {
    return [`  ${path}: Kubernetes ${JSON.stringify(real)}, nodetcd ${JSON.stringify(ours)}`];
  }
  const keys = new Set([...Object.keys(real), ...Object.keys(ours)]);
  return [...keys].flatMap((key) => valueDifferences(`${path}.${key}`, real[key], ours[key]));
}

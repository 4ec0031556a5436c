import type { Seeded } from "../../seeded.ts";

export interface JobManifest {
  apiVersion: "batch/v1";
  kind: "Job";
  metadata: { name: string; labels?: Record<string, string> };
  spec: JobSpec;
}

export interface JobSpec {
  parallelism?: number;
  completions?: number;
  completionMode?: "Indexed" | "NonIndexed";
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  maxFailedIndexes?: number;
  activeDeadlineSeconds?: number;
  ttlSecondsAfterFinished?: number;
  suspend?: boolean;
  podReplacementPolicy?: string;
  podFailurePolicy?: { rules: object[] };
  successPolicy?: { rules: object[] };
  managedBy?: string;
  template: { metadata?: object; spec: Record<string, unknown> };
}

/** A Job of any shape; some are refused, and both must refuse them with the same words. */
export function randomJob(random: Seeded, name: string): JobManifest {
  const indexed = random.chance(50);
  const completions = random.between(1, 5);
  const perIndex = indexed && random.chance(40);
  const spec: JobSpec = { template: randomTemplate(random) };
  const never = spec.template.spec["restartPolicy"] === "Never";
  if (random.chance(75))
    spec.parallelism = random.weighted({ "0": 1, "1": 3, "2": 4, "3": 4, "4": 2 }) as never;
  if (spec.parallelism !== undefined) spec.parallelism = Number(spec.parallelism);
  if (indexed) Object.assign(spec, { completionMode: "Indexed", completions });
  else if (random.chance(65)) spec.completions = completions;
  if (random.chance(60)) spec.backoffLimit = random.between(0, 4);
  if (perIndex) {
    spec.backoffLimitPerIndex = random.between(0, 2);
    if (random.chance(50)) spec.maxFailedIndexes = random.between(0, completions);
  }
  if (never && random.chance(35)) spec.podFailurePolicy = randomFailurePolicy(random, perIndex);
  if (indexed && random.chance(30)) spec.successPolicy = randomSuccessPolicy(random, completions);
  if (random.chance(25))
    spec.podReplacementPolicy = random.chance(70) ? "Failed" : "TerminatingOrFailed";
  if (random.chance(15)) spec.suspend = true;
  if (random.chance(8)) spec.activeDeadlineSeconds = random.between(3, 12);
  if (random.chance(10)) spec.ttlSecondsAfterFinished = random.between(0, 4);
  if (random.chance(3)) spec.managedBy = "example.com/other";
  if (random.chance(6)) spoil(random, spec);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, ...(random.chance(30) ? { labels: { team: "a" } } : {}) },
    spec,
  };
}

export function randomTemplate(random: Seeded): JobSpec["template"] {
  const container = (each: string): object => ({ name: each, image: "busybox", command: ["true"] });
  const spec: Record<string, unknown> = {
    restartPolicy: random.chance(75) ? "Never" : "OnFailure",
    containers: random.chance(15) ? [container("main"), container("second")] : [container("main")],
    terminationGracePeriodSeconds: 300,
  };
  // Bound by hand: a pod on a node is there until its kubelet has seen it end.
  if (random.chance(70)) spec["nodeName"] = "node-1";
  const metadata = random.chance(30)
    ? { labels: { app: "x" }, annotations: { note: "y" } }
    : undefined;
  return { ...(metadata === undefined ? {} : { metadata }), spec };
}

function randomFailurePolicy(random: Seeded, perIndex: boolean): { rules: object[] } {
  const actions = ["FailJob", "Ignore", "Count", ...(perIndex ? ["FailIndex"] : [])];
  const rules = Array.from({ length: random.between(1, 3) }, () => {
    const action = random.pick(actions);
    if (random.chance(35))
      return { action, onPodConditions: [{ type: "DisruptionTarget", status: "True" }] };
    const onExitCodes = {
      operator: random.chance(75) ? "In" : "NotIn",
      values: random.pick([[1], [2], [42], [1, 42], [2, 137]]),
      ...(random.chance(25) ? { containerName: "main" } : {}),
    };
    return { action, onExitCodes };
  });
  return { rules };
}

function randomSuccessPolicy(random: Seeded, completions: number): { rules: object[] } {
  const rules = Array.from({ length: random.between(1, 2) }, () => {
    const succeededCount = random.between(1, completions);
    const from = random.below(completions);
    const to = random.between(from, completions - 1);
    const succeededIndexes = from === to ? `${from}` : `${from}-${to}`;
    return random.pick([
      { succeededCount },
      { succeededIndexes },
      { succeededIndexes, succeededCount: random.between(1, to - from + 1) },
    ]);
  });
  return { rules };
}

/** Something that is not allowed. */
function spoil(random: Seeded, spec: JobSpec): void {
  const spoilers: (() => void)[] = [
    () => (spec.backoffLimit = -1),
    () => (spec.parallelism = -2),
    () => (spec.template.spec["restartPolicy"] = "Always"),
    () => delete spec.template.spec["restartPolicy"],
    () => (spec.maxFailedIndexes = 9),
    () => (spec.podReplacementPolicy = "Never"),
    () => (spec.successPolicy = { rules: [{}] }),
    () => (spec.podFailurePolicy = { rules: [{ action: "FailIndex" }] }),
    () =>
      (spec.podFailurePolicy = {
        rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [0, 1] } }],
      }),
    () => (spec.managedBy = "nobody"),
    () => (spec.template.spec["containers"] = []),
    () => {
      Object.assign(spec, { completionMode: "Indexed", completions: undefined });
      // Kubernetes' API server panics at it.
      delete spec.successPolicy;
    },
  ];
  random.pick(spoilers)();
}

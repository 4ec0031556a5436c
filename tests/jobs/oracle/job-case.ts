import type { Seeded } from "../../seeded.ts";
import type { KubeObject } from "../api-client.ts";
import {
  end,
  finishTerminating,
  hasEnded,
  isActive,
  isTerminating,
  removeEnded,
  run,
} from "./kubelet.ts";
import type { Pair } from "./pair.ts";
import { podText } from "./picture.ts";
import { type JobManifest, randomJob } from "./random-job.ts";

const STEPS_MAX = 7;
/** Beyond, events of one kind are combined, by rules of the client. */
const PODS_MAX = 6;
const NAME = "job";
/** The pause after a failure, or longer. */
const PAUSE_SECONDS = 10;

type Step = (state: JobState) => Promise<void>;

interface JobHistory {
  failures: number;
  /** Seconds that the last step has to be followed by. */
  pause: number;
}

interface JobState {
  readonly pair: Pair;
  readonly random: Seeded;
  readonly manifest: JobManifest;
  readonly path: string;
  readonly history: JobHistory;
  readonly pods: readonly KubeObject[];
  readonly active: readonly KubeObject[];
}

/** A random Job, to which random things happen one after the other, until it has ended. */
export async function jobCase(pair: Pair, random: Seeded): Promise<void> {
  const manifest = randomJob(random, NAME);
  const jobs = `/apis/batch/v1/namespaces/${pair.namespace}/jobs`;
  const made = await pair.both(`create ${JSON.stringify(manifest)}`, ({ client }) =>
    client.call("POST", jobs, manifest),
  );
  await comeToRest(pair, manifest);
  if (made.status !== 201) return;
  const path = `${jobs}/${NAME}`;
  const history: JobHistory = { failures: 0, pause: 0 };
  for (let step = 0; step < STEPS_MAX && !isOver(pair); step++) {
    const pods = pair.real.of("pods", pair.namespace);
    if (podsMade(pair) >= PODS_MAX) break;
    const state = { pair, random, manifest, path, pods, history, active: pods.filter(isActive) };
    history.pause = 0;
    await STEPS[chooseStep(state)](state);
    if (history.pause > 0) await pair.wait(history.pause);
    await comeToRest(pair, manifest);
    if (history.pause > 0) pair.comparePause(PAUSE_SECONDS);
  }
  if (manifest.spec.ttlSecondsAfterFinished !== undefined && isOver(pair)) {
    await pair.wait(manifest.spec.ttlSecondsAfterFinished + 2);
    await pair.settle();
  }
  await bringToEnd(pair, random, path);
}

/** So many pods were made for the Job till now. */
function podsMade(pair: Pair): number {
  return pair.real
    .of("events", pair.namespace)
    .filter((event) => (event as { reason?: string } & KubeObject).reason === "SuccessfulCreate")
    .length;
}

/** Nothing is done while a deadline is near: one side may be a little earlier than the other. */
async function comeToRest(pair: Pair, { spec }: JobManifest): Promise<void> {
  await pair.settle();
  if (spec.activeDeadlineSeconds === undefined || isOver(pair)) return;
  await pair.wait(spec.activeDeadlineSeconds + 1);
  await pair.settle();
}

function isOver(pair: Pair): boolean {
  const [job] = pair.real.of("jobs", pair.namespace);
  const { conditions = [] } = (job?.status ?? {}) as {
    conditions?: { type: string; status: string }[];
  };
  return (
    job === undefined ||
    conditions.some(
      ({ type, status }) => ["Complete", "Failed"].includes(type) && status === "True",
    )
  );
}

function isSuspended(pair: Pair): boolean {
  return pair.real.of("jobs", pair.namespace)[0]?.spec?.["suspend"] === true;
}

function chooseStep({
  pair,
  random,
  active,
  pods,
  manifest,
  history,
}: JobState): keyof typeof STEPS {
  const some = active.length > 0;
  const weights = {
    succeed: some ? 8 : 0,
    fail: some ? 8 : 0,
    run: some ? 4 : 0,
    restart: some && manifest.spec.template.spec["restartPolicy"] === "OnFailure" ? 6 : 0,
    remove: some && history.failures <= 1 ? 3 : 0,
    // A Job that ends while it is suspended does not get over it in Kubernetes: see docs/deviations.md.
    finish: pods.some(isTerminating) && !isSuspended(pair) ? 8 : 0,
    release: some ? 1 : 0,
    orphan: some ? 1 : 0,
    suspend: 3,
    scale: 2,
  };
  return random.weighted(weights);
}

/** A failure that is told with its true time: the pause after it is waited for. */
function failed({ history }: JobState, now: boolean): void {
  if (now) history.pause = 10 * 2 ** history.failures + 1;
  history.failures++;
}

const rankOf = ({ random, active }: JobState): number => random.below(active.length);

const STEPS = {
  async succeed(state) {
    await state.pair.onPod(
      "a pod succeeds",
      rankOf(state),
      isActive,
      podText,
      end({ exitCode: 0 }),
    );
  },
  async fail(state) {
    const { random, pair } = state;
    const how = {
      exitCode: random.pick([1, 1, 2, 42, 137]),
      disrupted: random.chance(20),
      now: state.history.failures <= 1 && random.chance(15),
    };
    failed(state, how.now);
    await pair.onPod(
      `a pod fails: ${JSON.stringify(how)}`,
      rankOf(state),
      isActive,
      podText,
      end(how),
    );
  },
  async run(state) {
    const ready = state.random.chance(70);
    await state.pair.onPod(
      `a pod runs, ready: ${ready}`,
      rankOf(state),
      isActive,
      podText,
      run(ready),
    );
  },
  async restart(state) {
    const restarts = state.random.between(1, 3);
    await state.pair.onPod(
      `${restarts} restarts`,
      rankOf(state),
      isActive,
      podText,
      run(true, restarts),
    );
  },
  async remove(state) {
    failed(state, true);
    await state.pair.onPod(
      "a pod is deleted",
      rankOf(state),
      isActive,
      podText,
      (mirror, _, path) => mirror.client.call("DELETE", path),
    );
  },
  async finish({ pair, random }) {
    await finishTerminating(pair, random.pick([0, 143]));
  },
  async release(state) {
    await state.pair.onPod(
      "a pod loses its labels",
      rankOf(state),
      isActive,
      podText,
      (mirror, pod, path) => {
        const gone = Object.keys(pod.metadata.labels ?? {}).map((name) => [name, null]);
        return mirror.client.patch(path, { metadata: { labels: Object.fromEntries(gone) } });
      },
    );
  },
  async orphan(state) {
    await state.pair.onPod(
      "a pod loses its owner",
      rankOf(state),
      isActive,
      podText,
      (mirror, _, path) => mirror.client.patch(path, { metadata: { ownerReferences: null } }),
    );
  },
  async suspend({ pair, path }) {
    const [job] = pair.real.of("jobs", pair.namespace);
    const suspend = job?.spec?.["suspend"] !== true;
    await pair.both(`suspend: ${suspend}`, ({ client }) =>
      client.patch(path, { spec: { suspend } }),
    );
  },
  async scale({ pair, path, random, manifest }) {
    const parallelism = random.between(0, 4);
    const tandem = manifest.spec.completionMode === "Indexed" && random.chance(50);
    const spec = { parallelism, ...(tandem ? { completions: parallelism } : {}) };
    await pair.both(`scale: ${JSON.stringify(spec)}`, ({ client }) => client.patch(path, { spec }));
  },
} satisfies Record<string, Step>;

/** Deletes the Job, or lets it end. */
async function bringToEnd(pair: Pair, random: Seeded, path: string): Promise<void> {
  const policy = random.weighted({ none: 3, Background: 1, Foreground: 1, Orphan: 1 });
  if (policy !== "none") {
    await pair.both(`delete, ${policy}`, ({ client }) =>
      client.call("DELETE", path, { propagationPolicy: policy }),
    );
    await pair.settle();
    await finishTerminating(pair, 143);
    return;
  }
  if (isSuspended(pair)) {
    await pair.both("resume", ({ client }) => client.patch(path, { spec: { suspend: false } }));
    await pair.settle();
  }
  for (let round = 0; round < 6 && !isOver(pair); round++) {
    await finishTerminating(pair, 143);
    if (!pair.real.of("pods", pair.namespace).some(isActive)) break;
    await pair.onPod("a pod succeeds", 0, isActive, podText, end({ exitCode: 0 }));
    await pair.settle();
  }
  await finishTerminating(pair, 143);
  if (pair.real.of("pods", pair.namespace).some(hasEnded)) await removeEnded(pair);
}

/** Runs a scenario on two servers at once and tells where they answer differently. */
import { isAtLeast, type Peer, sayMissing } from "../peers.ts";
import { allOrNone } from "../processes.ts";
import type { Scenario, Step } from "./scenario.ts";
import { type Outcome, Side, sleep } from "./side.ts";

/** The etcd version whose behaviour nodetcd has. */
const BEHAVIOUR = "3.7";

/** Least milliseconds of a pause in which nodetcd ctl is to come up. */
const CTL_PAUSE_MS = 2_000;

export interface Difference {
  readonly at: string;
  readonly args: readonly string[];
  readonly reference: Outcome;
  readonly subject: Outcome;
}

export interface Result {
  commands: number;
  skipped: number;
  readonly differences: Difference[];
}

export interface Programs {
  readonly reference: Peer;
  readonly subject: Peer;
  readonly etcdctl: Peer;
  /** What takes etcdctl's place on the subject's side. Default: etcdctl itself. */
  readonly subjectCtl?: Peer;
}

/** Both servers are started fresh for the scenario, and stopped after it. */
export async function compareScenario(scenario: Scenario, programs: Programs): Promise<Result> {
  const result: Result = { commands: 0, skipped: 0, differences: [] };
  const isOlder = !isAtLeast(programs.reference.version, BEHAVIOUR);
  const [reference, subject] = await allOrNone([
    Side.start(programs.reference, programs.etcdctl, isOlder),
    Side.start(programs.subject, programs.subjectCtl ?? programs.etcdctl, isOlder),
  ]);
  if (reference === undefined || subject === undefined) throw new Error("There are no two sides");
  try {
    let applies = true;
    const started = new Map<string, readonly string[]>();
    for (const step of scenario.steps) {
      if (step.kind === "needs") applies = isMet(step.program, step.version, programs);
      else if (step.kind === "later") applies = isBuilt(step.what, programs);
      else if (!applies) result.skipped += step.kind === "command" ? 1 : 0;
      else await compareStep(step, reference, subject, started, programs, result);
    }
  } finally {
    await Promise.all([reference.stop(), subject.stop()]);
  }
  return result;
}

function isMet(program: string, version: string, programs: Programs): boolean {
  const peer = program === "etcdctl" ? programs.etcdctl : programs.reference;
  return isAtLeast(peer.version, version);
}

/** `LATER=1` compares what is not built yet, too. */
function isBuilt(what: string, { subject }: Programs): boolean {
  if (subject.name !== "nodetcd" || process.env["LATER"] === "1") return true;
  sayMissing(`${what}: not built yet, left out`);
  return false;
}

async function compareStep(
  step: Exclude<Step, { kind: "needs" | "later" }>,
  reference: Side,
  subject: Side,
  started: Map<string, readonly string[]>,
  programs: Programs,
  result: Result,
): Promise<void> {
  const { subjectCtl } = programs;
  const note = (args: readonly string[], [expected, got]: [Outcome, Outcome]): void => {
    if (subjectCtl !== undefined && isFaultOfEtcdctl(expected)) {
      result.skipped += 1;
      return;
    }
    result.commands += 1;
    if (!isSame(expected, got)) {
      result.differences.push({ at: step.at, args, reference: expected, subject: got });
    }
  };
  switch (step.kind) {
    case "command":
      return note(step.args, await Promise.all([reference.command(step), subject.command(step)]));
    case "start":
      reference.start(step);
      subject.start(step);
      started.set(step.name, step.args);
      return;
    case "await":
      await Promise.all([reference.wait(step), subject.wait(step)]);
      return;
    case "end":
      return note(
        started.get(step.name) ?? [],
        await Promise.all([reference.end(step), subject.end(step)]),
      );
    case "sleep":
      // Node starts more slowly than etcdctl, and on a busy machine much more.
      return sleep(subjectCtl === undefined ? step.ms : Math.max(step.ms, CTL_PAUSE_MS));
  }
}

/**
 * What nodetcd ctl is not to be equal in: etcdctl crashes at some input, such as a comparison of leases in a txn; it
 * has no protobuf form of some replies; and of `member list --consistency=x` it says that "l" is unknown.
 */
function isFaultOfEtcdctl({ stderr }: Outcome): boolean {
  return (
    stderr.startsWith("panic: ") ||
    stderr.startsWith("Error: marshal unsupported for type ") ||
    stderr.endsWith('n consistency flag "l"\n')
  );
}

function isSame(one: Outcome, other: Outcome): boolean {
  return one.status === other.status && one.stdout === other.stdout && one.stderr === other.stderr;
}

/** A difference for people: the command, then only what is not equal, `-` reference, `+` subject. */
export function describe(difference: Difference): string {
  const { at, args, reference, subject } = difference;
  const lines = [`${at}: etcdctl ${args.map((arg) => JSON.stringify(arg)).join(" ")}`];
  if (reference.status !== subject.status) {
    lines.push(`    exit code: - ${reference.status}  + ${subject.status}`);
  }
  for (const stream of ["stdout", "stderr"] as const) {
    if (reference[stream] !== subject[stream]) {
      lines.push(`    ${stream}:`, ...textDifference(reference[stream], subject[stream]));
    }
  }
  return lines.join("\n");
}

/** Lines up to the first and from the last differing one are left out. */
function textDifference(one: string, other: string): string[] {
  const a = one.split("\n");
  const b = other.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) {
    tail += 1;
  }
  const show = (mark: string, lines: string[]): string[] =>
    lines.slice(head, lines.length - tail).map((line) => `      ${mark} ${line.slice(0, 2000)}`);
  return [...(head > 0 ? [`        (${head} equal lines)`] : []), ...show("-", a), ...show("+", b)];
}

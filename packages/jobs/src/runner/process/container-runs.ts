import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TERMINATION_MESSAGE_BYTES_MAX } from "../../limits.ts";
import type { Container } from "../../objects/pod.ts";
import type { ContainerView, RunEnd } from "../plan-pod.ts";
import { ConfigProblem } from "../environment.ts";
import { Attempt } from "./attempt.ts";
import type { StartRequest } from "./supervisor.ts";
import { type ControlGroups, joined, limitsOf } from "./control-groups.ts";
import type { Readiness } from "./readiness.ts";
import { LogCollector, logLines } from "./collect-logs.ts";

/** Why a run could not begin, beside its exit status. */
const REASON = "reason.json";
const LOST =
  "How the container ended is not known: what watched over it was killed, or the machine went down";
/** Lines of the log that stand in for a missing termination message. */
const FALLBACK_LINES = 80;
const FALLBACK_BYTES = 2_048;
/** Exit status of engines' commands that could not start the container: no such image, a wrong option. */
const ENGINE_ERROR = 125;

/** The runs of one container of one pod: a folder each, numbered from 0. */
export class ContainerRuns {
  readonly container: Container;
  readonly init: boolean;
  readonly #folder: string;
  #count: number;
  #ends = new Map<number, RunEnd>();
  #collector: LogCollector | undefined;
  problem: ContainerView["problem"];
  /** Of the newest run, when the container has a readiness probe. */
  probing: Readiness | undefined;
  /** The main process of this run has been asked to end. */
  asked = -1;
  /** A supervisor was sent for the newest run, and has not taken its token yet. */
  #sent = false;

  #known: { readonly count: number; readonly runtime: string } | undefined;
  readonly #groups: ControlGroups | undefined;

  constructor(podFolder: string, container: Container, init: boolean, groups?: ControlGroups) {
    this.#groups = groups;
    this.container = container;
    this.init = init;
    this.#folder = join(podFolder, container.name);
    this.#count = existsSync(this.#folder)
      ? readdirSync(this.#folder).filter((name) => /^\d+$/.test(name)).length
      : 0;
  }

  get count(): number {
    return this.#count;
  }

  /** The newest run; undefined before the first. */
  get current(): Attempt | undefined {
    return this.#count === 0 ? undefined : this.attempt(this.#count - 1);
  }

  attempt(number: number): Attempt {
    return new Attempt(join(this.#folder, String(number)));
  }

  /** The run to start: the newest one when nobody has started it yet, else a new one. */
  prepareNext(): Attempt {
    const current = this.current;
    if (current?.state().kind === "prepared") return current;
    const next = this.attempt(this.#count);
    next.prepare();
    this.#count++;
    this.#collector = undefined;
    this.probing = undefined;
    this.#dropOldLogs();
    return next;
  }

  /** Of the newest run; kept, because it is asked for at each look. */
  get #runtime(): string {
    if (this.#known?.count !== this.#count || this.starting)
      this.#known = { count: this.#count, runtime: this.current?.engine?.name ?? "process" };
    return this.#known.runtime;
  }

  /** Whether what the container may use at most is seen to. */
  get isLimited(): boolean {
    const seenTo = this.#groups !== undefined || this.current?.engine !== undefined;
    return seenTo || limitsOf(this.container.resources?.limits) === undefined;
  }

  /** The command within the container's limits. Raises `ConfigProblem`. */
  #limited(attempt: Attempt, { command, ...rest }: StartRequest): StartRequest {
    const limits = limitsOf(this.container.resources?.limits);
    // Engines see to them themselves.
    const isOwn = attempt.engine === undefined;
    if (!isOwn || this.#groups === undefined || limits === undefined) return { command, ...rest };
    try {
      return { command: joined(this.#groups.create(attempt.group, limits), command), ...rest };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigProblem("CreateContainerError", `limits cannot be set: ${why}`);
    }
  }

  start(attempt: Attempt, request: StartRequest, onChange: () => void): void {
    const limited = this.#limited(attempt, request);
    this.#sent = true;
    attempt.start(limited, () => {
      this.#sent = false;
      onChange();
    });
  }

  /** The newest run is about to begin: look again soon. */
  get starting(): boolean {
    return this.#sent && this.current?.state().kind === "prepared";
  }

  view(now: number): ContainerView {
    const state = this.current?.state() ?? { kind: "none" as const };
    const running = state.kind === "running" ? { startedAt: state.startedAt } : undefined;
    // What was prepared and not started counts as not begun.
    const runs = state.kind === "prepared" || state.kind === "none" ? this.#count - 1 : this.#count;
    const newest = running === undefined ? runs - 1 : runs - 2;
    return {
      container: this.container,
      runtime: this.#runtime,
      init: this.init,
      runs: Math.max(0, runs),
      running,
      end: running === undefined ? this.#end(newest, now) : undefined,
      previousEnd: this.#end(running === undefined ? newest - 1 : newest, now),
      problem: this.problem,
      ready: running !== undefined && this.#isReady(),
    };
  }

  /** Without a command to ask it is ready as soon as it runs. */
  #isReady(): boolean {
    return this.container.readinessProbe?.exec === undefined || this.probing?.ready === true;
  }

  /** Takes in what the running container has written. */
  collect(now: number, last = false): void {
    const { current } = this;
    if (current === undefined) return;
    this.#collector ??= new LogCollector(current.folder);
    this.#collector.collect(now, last);
  }

  /** Ends the newest run without having started it. */
  refuse(attempt: Attempt, reason: string, message: string): void {
    writeFileSync(join(attempt.folder, REASON), JSON.stringify({ reason, message }));
    attempt.refuse();
  }

  #end(number: number, now: number): RunEnd | undefined {
    if (number < 0) return undefined;
    const known = this.#ends.get(number);
    if (known !== undefined) return known;
    const attempt = this.attempt(number);
    const state = attempt.state();
    if (state.kind !== "ended" && state.kind !== "lost") return undefined;
    attempt.sweep();
    if (number === this.#count - 1) this.collect(now, true);
    const end = state.kind === "ended" ? this.#endOf(attempt, state) : lost(state.startedAt, now);
    this.#ends.set(number, end);
    this.#groups?.remove(attempt.group);
    return end;
  }

  #endOf(
    attempt: Attempt,
    {
      exitCode,
      startedAt,
      finishedAt,
    }: { exitCode: number; startedAt: number; finishedAt: number },
  ): RunEnd {
    const killed = exitCode === 137 && this.#groups?.ranOutOfMemory(attempt.group) === true;
    const reason = exitCode === 0 ? "Completed" : killed ? "OOMKilled" : "Error";
    const end = { exitCode, startedAt, finishedAt, reason };
    const refused = textOf(join(attempt.folder, REASON));
    if (refused !== "")
      return { ...end, ...(JSON.parse(refused) as { reason: string; message: string }) };
    if (exitCode === ENGINE_ERROR && attempt.engine !== undefined)
      return { ...end, reason: "StartError", message: lastLines(attempt.folder) };
    const message = this.#message(attempt.folder, exitCode);
    return message === "" ? end : { ...end, message };
  }

  #message(folder: string, exitCode: number): string {
    const written = textOf(join(folder, "termination-log")).slice(0, TERMINATION_MESSAGE_BYTES_MAX);
    const fallback = this.container.terminationMessagePolicy === "FallbackToLogsOnError";
    if (written !== "" || !fallback || exitCode === 0) return written;
    return lastLines(folder);
  }

  /** Logs of the run before this one are kept for `--previous`; those of older ones go. */
  #dropOldLogs(): void {
    const old = this.#count - 3;
    if (old < 0) return;
    const { folder } = this.attempt(old);
    for (const name of ["log", "log.old", "stdout", "stderr"])
      rmSync(join(folder, name), { force: true });
  }
}

/** Of what a run has written. */
function lastLines(folder: string): string {
  const path = join(folder, "log");
  if (!existsSync(path)) return "";
  return [...logLines(readFileSync(path))]
    .slice(-FALLBACK_LINES)
    .map(({ text }) => `${Buffer.from(text).toString()}\n`)
    .join("")
    .slice(-FALLBACK_BYTES);
}

function lost(startedAt: number, finishedAt: number): RunEnd {
  return { exitCode: 137, reason: "ContainerStatusUnknown", message: LOST, startedAt, finishedAt };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

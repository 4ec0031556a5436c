import type { Clock } from "@nodetcd/runtime";
import type { TaskStep, TaskView } from "./contract/maintenance.ts";
import { reasonOf } from "./members/ask-members.ts";

/** What a step can do while it runs. */
export interface StepControl {
  /** Says what is going on, for the page. */
  say(detail: string): void;
  /** Says that it waits, and for what. */
  hold(detail: string): void;
  /** Aborted when somebody stops the task; a step ends at the next point where that is safe. */
  readonly signal: AbortSignal;
}

export interface Step {
  readonly label: string;
  readonly run: (control: StepControl) => Promise<string>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Runs steps one after the other; the first failure ends it, and what is left is skipped. */
export class Task {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #steps: Mutable<TaskStep>[];
  readonly #view: Mutable<Omit<TaskView, "steps">>;
  /** Settles when the task has ended, whatever its end. */
  readonly ended: Promise<void>;

  constructor(
    clock: Clock,
    about: Pick<TaskView, "id" | "kind" | "title" | "by">,
    steps: readonly Step[],
  ) {
    this.#clock = clock;
    this.#view = { ...about, state: "running", began: clock.wallTime() };
    this.#steps = steps.map(({ label }) => ({ label, state: "waiting", detail: "" }));
    this.ended = this.#run(steps);
  }

  get running(): boolean {
    return this.#view.state === "running" || this.#view.state === "holding";
  }

  get view(): TaskView {
    return { ...this.#view, steps: this.#steps.map((step) => ({ ...step })) };
  }

  /** What is running is let finish; nothing new begins. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(steps: readonly Step[]): Promise<void> {
    let failed = false;
    for (const [at, step] of steps.entries()) {
      const shown = this.#steps[at]!;
      if (failed || this.#stop.signal.aborted) {
        shown.state = "skipped";
        continue;
      }
      shown.state = "running";
      shown.began = this.#clock.wallTime();
      try {
        shown.detail = await step.run(this.#control(shown));
        shown.state = "done";
      } catch (error) {
        const stopped = this.#stop.signal.aborted;
        shown.state = stopped ? "skipped" : "failed";
        shown.detail = stopped ? "stopped before it began" : reasonOf(error);
        failed = !stopped;
      }
      shown.ended = this.#clock.wallTime();
      this.#view.state = "running";
    }
    this.#view.ended = this.#clock.wallTime();
    const left = this.#steps.some(({ state }) => state === "skipped");
    this.#view.state = failed ? "failed" : left ? "stopped" : "done";
  }

  #control(shown: Mutable<TaskStep>): StepControl {
    const set = (state: "running" | "holding", detail: string): void => {
      shown.state = state;
      shown.detail = detail;
      this.#view.state = state;
    };
    return {
      say: (detail) => set("running", detail),
      hold: (detail) => set("holding", detail),
      signal: this.#stop.signal,
    };
  }
}

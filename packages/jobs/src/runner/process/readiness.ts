import { spawn } from "node:child_process";
import type { Probe } from "../../objects/pod.ts";

import { MARKER } from "./proc.ts";
import type { StartRequest } from "./supervisor.ts";

/** Asks again and again, by a command, whether a running container is ready. */
export class Readiness {
  readonly #probe: Probe;
  readonly #request: StartRequest;
  /** The mark of the container's run: what a probe leaves behind goes with the container. */
  readonly #mark: string;
  readonly #onChange: () => void;
  #next: number;
  #asking = false;
  /** How often the same answer has come in a row; negative: no. */
  #row = 0;
  ready = false;

  constructor(
    probe: Probe,
    request: StartRequest,
    mark: string,
    now: number,
    onChange: () => void,
  ) {
    this.#probe = probe;
    this.#request = request;
    this.#mark = mark;
    this.#onChange = onChange;
    this.#next = now + (probe.initialDelaySeconds ?? 0) * 1_000;
  }

  /** Asks when it is time. Called often; `now` is wall time in milliseconds. */
  tick(now: number): void {
    if (this.#asking || now < this.#next) return;
    this.#next = now + (this.#probe.periodSeconds ?? 10) * 1_000;
    this.#asking = true;
    const { command, environment, workingDir } = this.#request;
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      cwd: workingDir,
      env: { ...environment, [MARKER]: this.#mark },
      stdio: "ignore",
      timeout: (this.#probe.timeoutSeconds ?? 1) * 1_000,
      killSignal: "SIGKILL",
    });
    child.once("error", () => this.#answer(false));
    child.once("exit", (code) => this.#answer(code === 0));
  }

  #answer(success: boolean): void {
    if (!this.#asking) return;
    this.#asking = false;
    this.#row = success ? Math.max(1, this.#row + 1) : Math.min(-1, this.#row - 1);
    const { successThreshold = 1, failureThreshold = 3 } = this.#probe;
    const before = this.ready;
    if (this.#row >= successThreshold) this.ready = true;
    if (-this.#row >= failureThreshold) this.ready = false;
    if (this.ready !== before) this.#onChange();
  }
}

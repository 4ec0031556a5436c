import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Engine, killContainer, tellEngine } from "./container-engine.ts";
import { belongsTo, MARKER, processesOf, signal, startTicks } from "./proc.ts";
import { SHELL, type StartRequest, SUPERVISOR } from "./supervisor.ts";

/** What the files and processes of an attempt say. Times are wall times in milliseconds. */
export type AttemptState =
  /** Never prepared. */
  | { readonly kind: "none" }
  /** Ready to start; nobody has. */
  | { readonly kind: "prepared" }
  | { readonly kind: "running"; readonly startedAt: number }
  | {
      readonly kind: "ended";
      readonly exitCode: number;
      readonly startedAt: number;
      readonly finishedAt: number;
    }
  /** It was started, and how it ended nobody has seen: its supervisor was killed, or the machine went down. */
  | { readonly kind: "lost"; readonly startedAt: number };

/** Exit status of what could not be started. */
const START_ERROR = 128;

/** One run of a container: a folder with what is known of it. It is started at most once, whatever happens. */
export class Attempt {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Name of its control group: pod, container and run. */
  get group(): string {
    return this.folder.split("/").slice(-3).join("_");
  }

  /** Of its container, when an engine runs it. */
  get engine(): Engine | undefined {
    const engine = this.#read("engine");
    // Empty after a power cut, which ends containers, too.
    return engine === undefined || engine === "" ? undefined : (JSON.parse(engine) as Engine);
  }

  /** Notes, before it is started, that an engine has its container: whoever ends it has to know. */
  runsBy(engine: Engine): void {
    writeFileSync(this.#path("engine.tmp"), JSON.stringify(engine));
    renameSync(this.#path("engine.tmp"), this.#path("engine"));
  }

  /** Makes the folder, with the token that the one who starts it takes away. */
  prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (this.#runner() !== undefined || existsSync(this.#path("token"))) return;
    writeFileSync(this.#path("token.tmp"), "");
    renameSync(this.#path("token.tmp"), this.#path("token"));
  }

  /**
   * Starts what was prepared, in a process that outlives this one. Called twice, also from two processes, it
   * starts once. `onEnd` is called when the supervisor has ended; not after a restart of this process.
   */
  start({ command, environment, workingDir }: StartRequest, onEnd: () => void): void {
    const child = spawn(SHELL, ["-c", SUPERVISOR, "nodetcd-container", this.folder, ...command], {
      cwd: workingDir,
      detached: true,
      env: { ...environment, [MARKER]: this.folder },
      stdio: "ignore",
    });
    child.on("error", onEnd);
    child.on("exit", onEnd);
    child.unref();
  }

  /** Takes the token and says that it has ended, as a process that could not be started. */
  refuse(): void {
    try {
      renameSync(this.#path("token"), this.#path("run.0"));
    } catch {
      return;
    }
    writeFileSync(this.#path("exit.tmp"), String(START_ERROR));
    renameSync(this.#path("exit.tmp"), this.#path("exit"));
  }

  state(): AttemptState {
    if (!existsSync(this.folder)) return { kind: "none" };
    if (existsSync(this.#path("token"))) return { kind: "prepared" };
    const runner = this.#runner();
    if (runner === undefined) return { kind: "none" };
    const alive = belongsTo(runner, this.folder);
    const ended = this.#ended();
    if (ended !== undefined) return ended;
    const startedAt = this.#time("pid") ?? this.#time(`run.${runner}`) ?? 0;
    if (alive || this.main() !== undefined) return { kind: "running", startedAt };
    // It may have written its last word and gone between the two looks; or left a process behind.
    if (processesOf(this.folder).length > 0) return { kind: "running", startedAt };
    return this.#ended() ?? { kind: "lost", startedAt };
  }

  /** The main process, while it is alive. */
  main(): number | undefined {
    const [pid = "", ticks] = (this.#read("pid") ?? "").trim().split(" ");
    return pid !== "" && startTicks(Number(pid)) === ticks ? Number(pid) : undefined;
  }

  /** Asks the main process to end. */
  terminate(): void {
    const main = this.main();
    if (main !== undefined) signal(main, "SIGTERM");
  }

  /** Kills all that the container has started, but not the supervisor, who has to write down how it ended. */
  kill(): void {
    const { engine } = this;
    if (engine !== undefined) {
      return void killContainer(engine, this.group).then((isDone) => {
        // There is no container yet: its image is being fetched.
        const main = isDone ? undefined : this.main();
        if (main !== undefined) signal(main, "SIGKILL");
      });
    }
    const runner = this.#runner();
    for (const pid of processesOf(this.folder)) if (pid !== runner) signal(pid, "SIGKILL");
  }

  /** Kills what a container has left behind that has ended. Gives how many there were. */
  sweep(): number {
    const { engine } = this;
    if (engine !== undefined) void tellEngine(engine, this.group, ["rm", "--force"]);
    const left = processesOf(this.folder);
    for (const pid of left) signal(pid, "SIGKILL");
    return left.length;
  }

  #ended(): AttemptState | undefined {
    const exitCode = this.#read("exit");
    if (exitCode === undefined) return undefined;
    const finishedAt = this.#time("exit") ?? 0;
    return {
      kind: "ended",
      exitCode: Number(exitCode),
      startedAt: this.#time("pid") ?? finishedAt,
      finishedAt,
    };
  }

  /** The supervisor's number, once it has taken the token. */
  #runner(): number | undefined {
    const name = readdirSync(this.folder).find((each) => /^run\.\d+$/.test(each));
    return name === undefined ? undefined : Number(name.slice(4));
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(this.#path(name), "utf8");
    } catch {
      return undefined;
    }
  }

  #time(name: string): number | undefined {
    return statSync(this.#path(name), { throwIfNoEntry: false })?.mtimeMs;
  }
}

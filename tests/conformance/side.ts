/** One of the two servers under comparison, with what a scenario has captured from it so far. */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { startSubject } from "../clusters/follower.ts";
import type { Peer } from "../peers.ts";
import {
  type ExitStatus,
  cleanEnvironment,
  httpGet,
  run,
  type ServerProcess,
  temporaryDirectory,
} from "../processes.ts";
import { normalise, outputText } from "./normalise.ts";
import type { AwaitStep, CommandStep, StartStep } from "./scenario.ts";

/** What a command left behind, ready to be compared. */
export interface Outcome {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

interface Background {
  readonly child: ChildProcess;
  readonly args: string[];
  stdout: string;
  stderr: string;
  readonly closed: Promise<ExitStatus>;
}

/** Passwords are hashed quickly: not their cost is compared. */
const FLAGS = ["--bcrypt-cost=4"];
/** Milliseconds that a background command gets to print the lines that are waited for. */
const LINES_TIMEOUT_MS = 5000;
/** Milliseconds after the last line waited for, in which a line too many would come. */
const QUIET_MS = 150;
/** The same for nodetcd ctl, which may not have come up yet where no line is waited for. */
const CTL_QUIET_MS = 2_000;

export class Side {
  readonly server: ServerProcess;
  readonly #etcdctl: Peer;
  readonly #directory = temporaryDirectory("conformance");
  readonly #variables = new Map<string, string>();
  readonly #names = new Map<string, string>();
  /** What the server says its version is, when that may differ. */
  #version: string | undefined;
  readonly #background = new Map<string, Background>();

  constructor(server: ServerProcess, etcdctl: Peer) {
    this.server = server;
    this.#etcdctl = etcdctl;
    this.#variables.set("ENDPOINT", server.endpoint).set("TMP", this.#directory);
    this.#names.set(server.endpoint, "<ENDPOINT>").set(this.#directory, "<TMP>");
    this.#names.set(`127.0.0.1:${server.peerPort}`, "<PEER>");
  }

  /** `hideVersion`: the two sides have the behaviour of different etcd versions, and say so. */
  static async start(program: Peer, etcdctl: Peer, hideVersion: boolean): Promise<Side> {
    const side = new Side(await startSubject(program, FLAGS), etcdctl);
    await side.#learnIds();
    if (hideVersion) await side.#learnVersion();
    return side;
  }

  async #learnVersion(): Promise<void> {
    const { body } = await httpGet(this.server.clientPort, "/version");
    this.#version = /"etcdserver":"([^"]+)"/.exec(body)?.[1];
  }

  async #learnIds(): Promise<void> {
    const { stdout } = await run(
      this.#etcdctl.path,
      this.#commandLine(["member", "list", "-w", "json"]),
    );
    const text = stdout.toString();
    this.#capture("CLUSTER", /"cluster_id":(\d+)/.exec(text)?.[1]);
    this.#capture("MEMBER", /"member_id":(\d+)/.exec(text)?.[1]);
  }

  /** Remembers an id in all forms in which it is printed: as it came, decimal and hexadecimal. */
  #capture(name: string, value: string | undefined): void {
    if (value === undefined) return;
    this.#variables.set(name, value);
    const number = BigInt(
      /^\d+$/.test(value) ? value : /^[0-9a-f]+$/.test(value) ? `0x${value}` : 0,
    );
    if (number > 0xffffn) {
      this.#variables.set(`${name}_HEX`, number.toString(16));
      for (const form of [
        number.toString(16).padStart(16, "0"),
        number.toString(16),
        String(number),
      ]) {
        this.#names.set(form, `<${name}>`);
      }
    }
    this.#names.set(value, `<${name}>`);
  }

  #commandLine(args: readonly string[]): string[] {
    return [...(this.#etcdctl.args ?? []), ...this.#arguments(args)];
  }

  /** The name that the program has in its texts, as etcdctl's. */
  #asEtcdctl(text: string): string {
    const words = this.#etcdctl.args;
    return words === undefined ? text : text.replaceAll(`nodetcd ${words.join(" ")}`, "etcdctl");
  }

  #arguments(args: readonly string[]): string[] {
    const filled = args.map((arg) =>
      arg.replace(/\$\{(\w+)\}/g, (_, name: string) => this.#variables.get(name) ?? `<no ${name}>`),
    );
    return args.some((arg) => arg.startsWith("--endpoints"))
      ? filled
      : [`--endpoints=${this.server.endpoint}`, ...filled];
  }

  #outcome(status: ExitStatus, out: Buffer, err: string, args: string[]): Outcome {
    const isStatus = args.includes("endpoint") && args.includes("status");
    const text = outputText(out, args);
    const shown =
      isStatus && this.#version !== undefined ? text.replaceAll(this.#version, "<VERSION>") : text;
    return {
      status,
      stdout: normalise(this.#asEtcdctl(shown), args, this.#names),
      stderr: normalise(this.#asEtcdctl(err), args, this.#names),
    };
  }

  async command(step: CommandStep): Promise<Outcome> {
    const args = this.#commandLine(step.args);
    const done = await run(this.#etcdctl.path, args, { stdin: step.stdin, cwd: this.#directory });
    for (const { name, pattern } of step.captures) {
      this.#capture(name, pattern.exec(done.stdout.toString())?.[1]);
    }
    return this.#outcome(done.status, done.stdout, done.stderr, step.args);
  }

  start(step: StartStep): void {
    const child = spawn(this.#etcdctl.path, this.#commandLine(step.args), {
      env: cleanEnvironment(),
      cwd: this.#directory,
    });
    const closed = new Promise<ExitStatus>((resolve) =>
      child.on("close", (code, signal) => resolve(code ?? signal ?? -1)),
    );
    const background: Background = { child, args: step.args, stdout: "", stderr: "", closed };
    child.stdout.on("data", (chunk: Buffer) => (background.stdout += chunk.toString("latin1")));
    child.stderr.on("data", (chunk: Buffer) => (background.stderr += chunk.toString()));
    child.stdin.write(step.stdin);
    this.#background.set(step.name, background);
  }

  async wait(step: AwaitStep): Promise<Background> {
    const background = this.#background.get(step.name);
    if (background === undefined)
      throw new Error(`${step.at}: nothing was started as ${step.name}`);
    const deadline = Date.now() + LINES_TIMEOUT_MS;
    while (
      background.stdout.split("\n").length - 1 < step.lines &&
      background.child.exitCode === null &&
      Date.now() < deadline
    ) {
      await sleep(10);
    }
    if (Date.now() >= deadline) {
      console.warn(
        `${step.at}: waited in vain for ${step.lines} lines from ${this.server.peer.name}`,
      );
    }
    return background;
  }

  async end(step: AwaitStep): Promise<Outcome> {
    const { child, args, closed } = await this.wait(step);
    await sleep(this.#etcdctl.args === undefined ? QUIET_MS : CTL_QUIET_MS);
    child.kill("SIGINT");
    const status = await closed;
    const background = this.#background.get(step.name);
    this.#background.delete(step.name);
    const stdout = Buffer.from(background?.stdout ?? "", "latin1");
    return this.#outcome(status, stdout, background?.stderr ?? "", args);
  }

  async stop(): Promise<void> {
    for (const { child, closed } of this.#background.values()) {
      child.kill("SIGKILL");
      await closed;
    }
    await this.server.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

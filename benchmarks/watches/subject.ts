/** A server that is measured from outside: its memory, its processor time and, of nodetcd, its turns. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Peer, ROOT } from "../../tests/peers.ts";
import { type ServerProcess, startServer, temporaryDirectory } from "../../tests/processes.ts";

/** The system's ticks in a second, in which processes' times are counted. */
const TICKS_PER_SECOND = 100;
const PROBE_TIMEOUT_MS = 20_000;

export interface FairQueue {
  /** Milliseconds. */
  readonly longest: number;
  /** FairQueue of more than 10 ms. */
  readonly over: number;
}

export class Subject {
  readonly server: ServerProcess;
  readonly #directory: string;

  private constructor(server: ServerProcess, directory: string) {
    this.server = server;
    this.#directory = directory;
  }

  static async start(peer: Peer): Promise<Subject> {
    const directory = temporaryDirectory("nodetcd-watches");
    const probe = join(ROOT, "benchmarks", "watches", "turn-probe.mjs");
    const env = {
      NODE_OPTIONS: `--import=${probe} ${process.env["SERVER_OPTIONS"] ?? ""}`,
      TURN_PROBE: join(directory, "turns.json"),
    };
    const server = await startServer(peer, {
      ...(peer.name === "nodetcd" ? { env } : {}),
      flags: ["--quota-backend-bytes=8000000000", "--log-level=error"],
    });
    return new Subject(server, directory);
  }

  /** Resident memory in MiB. */
  get residentMiB(): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
  }

  /** Seconds on processors so far. */
  get cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.server.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** FairQueue since the last call; undefined where there is no event loop. */
  async turns(): Promise<FairQueue | undefined> {
    if (this.server.peer.name !== "nodetcd") return undefined;
    const file = join(this.#directory, "turns.json");
    rmSync(file, { force: true });
    process.kill(this.server.pid, "SIGUSR2");
    for (let waited = 0; !existsSync(file); waited += 5) {
      if (waited > PROBE_TIMEOUT_MS) throw new Error("The server does not tell its turns");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return JSON.parse(readFileSync(file, "utf8")) as FairQueue;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

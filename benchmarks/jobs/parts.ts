/** The processes that are measured. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { ObjectStore } from "@nodetcd/jobs";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { peer } from "../../tests/peers.ts";
import { freePort, ServerProcess, startServer, temporaryDirectory } from "../../tests/processes.ts";

/** Bytes of the database: 50,000 Jobs with their history are more than a default member takes. */
const QUOTA_BYTES = 8 * 1024 ** 3;

function nodetcd(): NonNullable<ReturnType<typeof peer>> {
  const found = peer("nodetcd");
  if (found === undefined) throw new Error("there is no nodetcd to measure");
  return found;
}

/** Resident memory in megabytes. */
export function residentMb({ pid }: ServerProcess): number {
  const [, kilobytes = "0"] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1_024);
}

/** Processor seconds of a process so far. */
export function processorSeconds({ pid }: ServerProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export class Part {
  readonly name: string;
  readonly process: ServerProcess;
  readonly url: string;

  constructor(name: string, port: number, flags: readonly string[]) {
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    const ports = { client: port, peer: 0 };
    const options = { flags: ["jobs", ...flags], isBare: true, dataDirectory: "/none" } as const;
    this.process = new ServerProcess(nodetcd(), ports, options);
  }

  /** Until the API answers. */
  async answers(): Promise<void> {
    for (;;) {
      try {
        if ((await fetch(`${this.url}/version`)).ok) return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (this.process.hasExited) throw new Error(this.process.tail());
    }
  }
}

/** A member, and each part of `nodetcd jobs` in a process of its own. */
export class Stage {
  readonly member: ServerProcess;
  readonly folder: string = temporaryDirectory("nodetcd-bench-jobs");
  readonly #client: Client;
  readonly store: ObjectStore;
  readonly parts: Part[] = [];

  private constructor(member: ServerProcess) {
    this.member = member;
    this.#client = new Client({ runtime: nodeRuntime, endpoints: member.url });
    this.store = new ObjectStore({ client: this.#client, runtime: nodeRuntime });
  }

  static async open(): Promise<Stage> {
    return new Stage(
      await startServer(nodetcd(), { flags: [`--quota-backend-bytes=${QUOTA_BYTES}`] }),
    );
  }

  async start(name: "api" | "controllers" | "worker"): Promise<Part> {
    const port = await freePort();
    const part = new Part(name, port, [
      `--${name}`,
      `--etcd-servers=${this.member.url}`,
      `--data-dir=${join(this.folder, name)}`,
      `--listen=127.0.0.1:${port}`,
    ]);
    this.parts.push(part);
    if (name === "api") await part.answers();
    return part;
  }

  /** One line for the processes: memory and processor time of each. */
  get told(): string {
    const all = [
      ["member", this.member] as const,
      ...this.parts.map((p) => [p.name, p.process] as const),
    ];
    return all
      .map(
        ([name, each]) => `${name} ${residentMb(each)} MB ${processorSeconds(each).toFixed(1)} s`,
      )
      .join(", ");
  }

  async close(): Promise<void> {
    this.#client.close();
    await Promise.all(this.parts.map(({ process }) => process.stop()));
    await this.member.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Times that a request is made again whose connection was closed under it. */
const ATTEMPTS = 5;

/** As `fetch`, and again when the connection was closed before the answer: the server may have done what was asked. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, init);
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      const closed = /UND_ERR_SOCKET|ECONNRESET|EPIPE/.test(cause?.code ?? "");
      if (!closed || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Does `work` for 0 to `count` - 1, so many at a time. */
export async function inParallel(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}

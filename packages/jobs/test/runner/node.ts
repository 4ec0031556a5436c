import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "@nodetcd/client";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import {
  isReason,
  type LogRequest,
  ObjectStore,
  type Pod,
  PODS,
  startWorker,
} from "../../src/jobs.ts";
import type { WorkerPart } from "../../src/parts.ts";
import type { PodSpec } from "../../src/objects/pod.ts";
import { processesOf } from "../../src/runner/process/proc.ts";
import { readdirSync } from "node:fs";

let prefixes = 0;

/** A node with a folder of its own, on a store of its own. */
export class TestNode {
  readonly store: ObjectStore;
  readonly folder: string = mkdtempSync(join(tmpdir(), "nodetcd-worker-"));
  worker: WorkerPart | undefined;
  #pods = 0;

  constructor(client: Client) {
    this.store = new ObjectStore({
      client,
      runtime: nodeRuntime,
      prefix: `/node-${process.pid}-${++prefixes}`,
    });
  }

  async start(): Promise<void> {
    const { store, folder } = this;
    const options = {
      store,
      runtime: nodeRuntime,
      logger: silentLogger,
      nodeName: "here",
      restartMs: 100,
    };
    this.worker = await startWorker({ ...options, dataDir: folder });
  }

  async restart(): Promise<void> {
    await this.worker?.stop();
    await this.start();
  }

  async end(): Promise<void> {
    for (const pod of (await this.store.list(PODS)).items) await this.delete(pod, 0);
    await until(() => this.processes().length === 0, "no process is left");
    await this.worker?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  run(script: string, spec: Partial<PodSpec> = {}): Promise<Pod> {
    return this.create({
      containers: [{ name: "main", command: ["bash", "-c", script] }],
      ...spec,
    });
  }

  create(spec: Partial<PodSpec>): Promise<Pod> {
    return this.store.create(PODS, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `pod-${++this.#pods}`, namespace: "default", labels: { app: "test" } },
      spec: {
        restartPolicy: "Never",
        nodeName: "here",
        terminationGracePeriodSeconds: 30,
        containers: [],
        ...spec,
      },
    });
  }

  get({ metadata }: Pod): Promise<Pod> {
    return this.store.get(PODS, "default", metadata.name);
  }

  async delete({ metadata }: Pod, gracePeriodSeconds?: number): Promise<void> {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.store.delete(PODS, "default", metadata.name, options).catch((error: unknown) => {
      if (!isReason(error, "NotFound")) throw error;
    });
  }

  async isGone({ metadata }: Pod): Promise<boolean> {
    return (await this.store.find(PODS, "default", metadata.name)) === undefined;
  }

  /** Waits until the pod's status is as wanted, and gives the pod. */
  async when(pod: Pod, wanted: (pod: Pod) => boolean, what: string): Promise<Pod> {
    let last = pod;
    await until(
      async () => {
        last = await this.get(pod);
        return wanted(last);
      },
      () => `${what}; it is ${JSON.stringify(last.status)}`,
    );
    return last;
  }

  ended(pod: Pod): Promise<Pod> {
    return this.when(
      pod,
      ({ status }) => /Succeeded|Failed/.test(status?.phase ?? ""),
      "the pod has ended",
    );
  }

  running(pod: Pod): Promise<Pod> {
    const begun = ({ status }: Pod): boolean => (status?.phase ?? "Pending") !== "Pending";
    return this.when(pod, begun, "the pod runs, or has run");
  }

  async logs({ metadata }: Pod, request: Partial<LogRequest> = {}): Promise<string> {
    const { name, uid = "" } = metadata;
    const pieces = await this.worker!.logs.open({
      namespace: "default",
      pod: name,
      podUid: uid,
      nodeName: "here",
      container: "main",
      follow: false,
      previous: false,
      timestamps: false,
      signal: new AbortController().signal,
      ...request,
    });
    let text = "";
    for await (const piece of pieces) text += Buffer.from(piece).toString();
    return text;
  }

  /** All processes that any container here has started. */
  processes(): number[] {
    const found: number[] = [];
    for (const uid of readdirSync(join(this.folder, "pods"))) {
      for (const container of readdirSync(join(this.folder, "pods", uid), {
        withFileTypes: true,
      })) {
        if (!container.isDirectory()) continue;
        const path = join(this.folder, "pods", uid, container.name);
        for (const run of readdirSync(path))
          if (/^\d+$/.test(run)) found.push(...processesOf(join(path, run)));
      }
    }
    return found;
  }
}

/** Polls for up to 15 seconds. */
export async function until(
  wanted: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  for (const end = Date.now() + 150_000; Date.now() < end;) {
    if (await wanted()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain until ${typeof what === "string" ? what : what()}`);
}

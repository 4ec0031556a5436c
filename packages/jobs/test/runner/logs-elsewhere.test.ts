import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getWithSharedKey } from "../../src/http/shared-key.ts";
import { type ApiPart, type Pod, PODS, startApi, startWorker } from "../../src/jobs.ts";
import type { WorkerPart } from "../../src/parts.ts";
import { WORKERS } from "../../src/runner/worker-record.ts";
import { TestNode, until } from "./node.ts";

const WORKER = { runtime: nodeRuntime, logger: silentLogger };

let etcd: Etcd;
/** Runs the API and a worker. */
let here: TestNode;
let api: ApiPart;
/** A worker only. */
let there: WorkerPart;
const folder = mkdtempSync(join(tmpdir(), "nodetcd-worker-"));

beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
  here = new TestNode(etcd.client);
  await here.start();
  there = await startWorker({ ...WORKER, store: here.store, nodeName: "there", dataDir: folder });
  await until(
    async () => (await here.store.find(WORKERS, "", "there")) !== undefined,
    "it is known",
  );
  api = await startApi({ ...WORKER, store: here.store, logs: here.worker!.logs });
});
afterAll(async () => {
  await api.stop();
  await here.end();
  await there.stop();
  await etcd.stop();
  rmSync(folder, { recursive: true, force: true });
});

function ask({ metadata }: Pod, query = ""): Promise<Response> {
  return fetch(`${api.url}/api/v1/namespaces/default/pods/${metadata.name}/log?${query}`);
}

/** Established ones of this machine, seen from the server's side. */
function connectionsTo(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((row) => row.trim().split(/ +/));
  return rows.filter(([, at = "", , state]) => at.endsWith(local) && state === "01").length;
}

const messageOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { message: string }).message;

describe("logs of another node's pod", () => {
  it("are read from its worker", async () => {
    const script = "for i in 1 2 3; do echo line $i; done";
    const pods = [await here.run(script), await here.run(script, { nodeName: "there" })];
    for (const pod of pods) {
      await here.ended(pod);
      expect(await (await ask(pod)).text()).toBe("line 1\nline 2\nline 3\n");
      expect(await (await ask(pod, "tailLines=1")).text()).toBe("line 3\n");
      expect(await (await ask(pod, "timestamps=true&limitBytes=5")).text()).toMatch(/^\d{4}-$/);
    }
  });

  it("are followed until the container ends", async () => {
    const pod = await here.run("echo first; sleep 1; echo last", { nodeName: "there" });
    await here.running(pod);
    const answer = await ask(pod, "follow=true");
    expect(await answer.text()).toBe("first\nlast\n");
  });

  it("are left when the reader goes away", async () => {
    const pod = await here.run("echo first; sleep 300", { nodeName: "there" });
    await here.running(pod);
    const { port } = (await here.store.get(WORKERS, "", "there")).spec;
    const leaving = new AbortController();
    const path = `/api/v1/namespaces/default/pods/${pod.metadata.name}/log?follow=true`;
    const answer = await fetch(`${api.url}${path}`, { signal: leaving.signal });
    expect(connectionsTo(port)).toBe(1);
    leaving.abort();
    await expect(answer.text()).rejects.toThrow();
    await until(() => connectionsTo(port) === 0, "the worker is not asked any more");
    await here.delete(pod, 0);
  });

  it("are refused in the worker's words", async () => {
    const pod = await here.run("echo once", { nodeName: "there" });
    await here.ended(pod);
    rmSync(join(folder, "pods", pod.metadata.uid ?? ""), { recursive: true });
    const answer = await ask(pod);
    expect(answer.status).toBe(404);
    expect(await messageOf(answer)).toBe(
      `no logs of pod "${pod.metadata.name}" are kept on this node`,
    );
  });

  it("are given to nobody who has not read the worker's key in the store", async () => {
    const { address: host, port, key } = (await here.store.get(WORKERS, "", "there")).spec;
    const right = Buffer.from(key, "base64");
    const wrong = Buffer.from(right);
    wrong[0]! ^= 1;
    const { signal } = new AbortController();
    const call = { host, port, path: "/", signal, timeoutMs: 5_000 };
    expect((await getWithSharedKey({ ...call, key: right })).status).toBe(404);
    await expect(getWithSharedKey({ ...call, key: wrong })).rejects.toThrow();
    await expect(fetch(`http://${host}:${port}/`)).rejects.toThrow();
    await expect(fetch(`https://${host}:${port}/`)).rejects.toThrow();
  });

  it("and the key is not served by the API", async () => {
    for (const path of ["workers", "workers/there"]) {
      expect((await fetch(`${api.url}/apis/nodetcd.io/v1/${path}`)).status).toBe(404);
    }
  });

  it("cannot be read while its worker is away, which is said", async () => {
    const pod = await here.run("echo here", { nodeName: "there" });
    await here.ended(pod);
    await there.stop();
    const answer = await ask(pod);
    expect(answer.status).toBe(503);
    expect(await messageOf(answer)).toBe(
      'the logs of node "there" cannot be read now: its worker does not run',
    );
  });

  it("nor when the worker does not answer at its address", async () => {
    await here.store.create(WORKERS, {
      apiVersion: "nodetcd.io/v1",
      kind: "Worker",
      metadata: { name: "nowhere" },
      spec: { address: "127.0.0.1", port: 1, key: "" },
    });
    const spec = { nodeName: "nowhere", containers: [{ name: "main" }] };
    const pod = await here.create(spec);
    const running = { running: { startedAt: "2026-01-01T00:00:00Z" } };
    const main = {
      name: "main",
      ready: true,
      restartCount: 0,
      image: "",
      imageID: "",
      state: running,
    };
    await here.store.modify(PODS, "default", pod.metadata.name, (each) => ({
      ...each,
      status: { phase: "Running" as const, containerStatuses: [main] },
    }));
    const answer = await ask(pod);
    expect(answer.status).toBe(503);
    expect(await messageOf(answer)).toContain("127.0.0.1:1: connect ECONNREFUSED");
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CONFIG_MAPS, type Pod, SECRETS } from "../../src/jobs.ts";
import { TestNode, until } from "./node.ts";

let etcd: Etcd;
let node: TestNode;
beforeAll(async () => {
  etcd = await startEtcd({ listen: false });
});
afterAll(() => etcd.stop());
beforeEach(async () => {
  node = new TestNode(etcd.client);
  await node.start();
});
afterEach(() => node.end());

const exitOf = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.terminated;

describe("startWorker: a pod", () => {
  it("runs its command, with exit status, log and termination message", async () => {
    const pod = await node.run(
      'echo out; echo err >&2; printf message >"$NODETCD_TERMINATION_LOG"; exit 3',
    );
    const ended = await node.ended(pod);
    expect(ended.status?.phase).toBe("Failed");
    expect(exitOf(ended)).toMatchObject({ exitCode: 3, reason: "Error", message: "message" });
    expect((await node.logs(pod)).split("\n").sort()).toEqual(["", "err", "out"]);
    expect(await node.logs(pod, { timestamps: true })).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]{18}Z out\n/m,
    );
  });

  it("gets variables from values, fields, config maps and secrets, also in its arguments", async () => {
    const meta = (name: string) => ({ name, namespace: "default" });
    await node.store.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: meta("c"),
      data: { color: "red" },
    });
    await node.store.create(SECRETS, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: meta("s"),
      data: { word: btoa("hush") },
    });
    const pod = await node.create({
      containers: [
        {
          name: "main",
          command: ["bash", "-c"],
          args: ['echo "$A $(B) $C $COLOR $p_word $$(B) $(NONE)"'],
          env: [
            { name: "A", value: "a" },
            { name: "B", value: "$(A)b" },
            { name: "C", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
            { name: "COLOR", valueFrom: { configMapKeyRef: { name: "c", key: "color" } } },
          ],
          envFrom: [{ prefix: "p_", secretRef: { name: "s" } }],
        },
      ],
    });
    await node.ended(pod);
    // What is not replaced is a command for the shell, which there is not.
    expect(await node.logs(pod)).toContain("a ab test red hush");
  });

  it("waits for a config map that is missing, and says so", async () => {
    const envFrom = [{ configMapRef: { name: "later" } }];
    const pod = await node.create({ containers: [{ name: "main", command: ["true"], envFrom }] });
    const stateOf = ({ status }: Pod) => status?.containerStatuses?.[0]?.state?.waiting;
    const waiting = await node.when(
      pod,
      (each) => stateOf(each)?.message !== undefined,
      "says why",
    );
    expect(stateOf(waiting)).toEqual({
      reason: "CreateContainerConfigError",
      message: 'configmap "later" not found',
    });
    expect(waiting.status?.phase).toBe("Pending");
  });

  it("sees its volumes at their places, and nobody else does", async () => {
    const host = mkdtempSync(join(tmpdir(), "nodetcd-host-"));
    await node.store.create(CONFIG_MAPS, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "files", namespace: "default" },
      data: { "a.txt": "content" },
    });
    const mounts = [
      { name: "host", mountPath: "/data" },
      { name: "files", mountPath: "/files", readOnly: true },
      { name: "empty", mountPath: "/scratch" },
    ];
    const pod = await node.create({
      volumes: [
        { name: "host", hostPath: { path: `${host}/new`, type: "DirectoryOrCreate" } },
        { name: "files", configMap: { name: "files" } },
        { name: "empty", emptyDir: {} },
      ],
      initContainers: [
        { name: "first", command: ["bash", "-c", "echo init >/scratch/x"], volumeMounts: mounts },
      ],
      containers: [
        {
          name: "main",
          command: [
            "bash",
            "-c",
            "cat /scratch/x /files/a.txt; echo -n told >/dev/termination-log; touch /data/mark; touch /files/no || echo read-only",
          ],
          volumeMounts: mounts,
          workingDir: "/scratch",
        },
      ],
    });
    const ended = await node.ended(pod);
    expect(await node.logs(pod)).toContain("init\ncontent");
    expect(await node.logs(pod)).toContain("read-only");
    expect(exitOf(ended)).toMatchObject({ exitCode: 0, message: "told" });
    expect(existsSync(`${host}/new/mark`)).toBe(true);
    expect(existsSync("/scratch/x")).toBe(false);
    rmSync(host, { recursive: true });
  });

  it("is ready when its probe says so", async () => {
    const pod = await node.create({
      containers: [
        {
          name: "main",
          command: ["bash", "-c", "sleep 1; touch /v/ready; sleep 300"],
          readinessProbe: { exec: { command: ["test", "-f", "/v/ready"] }, periodSeconds: 1 },
          volumeMounts: [{ name: "v", mountPath: "/v" }],
        },
      ],
      volumes: [{ name: "v", emptyDir: {} }],
    });
    const running = await node.running(pod);
    expect(running.status?.containerStatuses?.[0]?.ready).toBe(false);
    const isReady = ({ status }: Pod) =>
      status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ===
      true;
    await node.when(pod, isReady, "it is ready");
  });

  it("restarts in place with OnFailure, and keeps the log of the run before", async () => {
    const script = "echo run; [[ -r /data/x ]] && exit 0; touch /data/x; exit 1";
    const pod = await node.create({
      restartPolicy: "OnFailure",
      volumes: [{ name: "v", emptyDir: {} }],
      containers: [
        {
          name: "main",
          command: ["bash", "-c", script],
          volumeMounts: [{ name: "v", mountPath: "/data" }],
        },
      ],
    });
    const ended = await node.ended(pod);
    expect(ended.status?.phase).toBe("Succeeded");
    expect(ended.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1 } },
    });
    expect(await node.logs(pod, { previous: true })).toBe("run\n");
  });

  it("fails when an init container does, and starts nothing else", async () => {
    const pod = await node.create({
      initContainers: [{ name: "first", command: ["false"] }],
      containers: [{ name: "main", command: ["true"] }],
    });
    const { status } = await node.ended(pod);
    expect(status?.phase).toBe("Failed");
    expect(status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(1);
    expect(status?.containerStatuses?.[0]?.state?.waiting).toBeDefined();
  });

  it("says what cannot be started", async () => {
    const ended = await node.ended(
      await node.create({ containers: [{ name: "main", command: ["no-such-program"] }] }),
    );
    expect(exitOf(ended)).toMatchObject({
      exitCode: 128,
      reason: "StartError",
      message:
        'failed to start container "main": exec: "no-such-program": executable file not found in $PATH',
    });
  });

  it("is ended by its own deadline, with all that it has started", async () => {
    const pod = await node.run("sleep 300 & sleep 300", { activeDeadlineSeconds: 1 });
    const { status } = await node.ended(pod);
    expect(status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
    await until(() => node.processes().length === 0, "no process is left");
  });

  it("leaves no process behind when its main process ends", async () => {
    const pod = await node.run("setsid sleep 300 & exit 0");
    expect((await node.ended(pod)).status?.phase).toBe("Succeeded");
    await until(() => node.processes().length === 0, "no process is left");
  });
});

describe("startWorker: deleting a pod", () => {
  it("asks the main process, and tells how it ended before the pod goes", async () => {
    const pod = await node.run(
      'trap "echo asked; exit 7" TERM; echo ready; while :; do sleep 0.05; done',
    );
    await until(
      async () => (await node.running(pod)) && (await node.logs(pod)).includes("ready"),
      "it is ready",
    );
    await node.delete(pod);
    await until(() => node.isGone(pod), "the pod is gone");
    expect(await node.logs(pod)).toBe("ready\nasked\n");
    expect(node.processes()).toEqual([]);
  });

  it("kills after the grace period what does not listen", async () => {
    const pod = await node.run('trap "" TERM; echo ready; while :; do sleep 0.05; done');
    await until(
      async () => (await node.running(pod)) && (await node.logs(pod)).includes("ready"),
      "it is ready",
    );
    await node.delete(pod, 1);
    await until(() => node.isGone(pod), "the pod is gone");
    expect(node.processes()).toEqual([]);
  });
});

describe("startWorker: a restart of the worker", () => {
  it("finds running processes again, starts none twice and loses neither logs nor results", async () => {
    const mark = join(node.folder, "starts");
    const pod = await node.run(
      `echo start >>${mark}; for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done; exit 4`,
    );
    await node.running(pod);
    await node.restart();
    await node.restart();
    expect(exitOf(await node.ended(pod))).toMatchObject({ exitCode: 4 });
    expect(readFileSync(mark, "utf8")).toBe("start\n");
    expect(await node.logs(pod)).toBe("1\n2\n3\n4\n5\n6\n7\n8\n");
  });

  it("learns what ended while no worker was there", async () => {
    const pod = await node.run("echo hello; sleep 0.5; exit 5");
    await node.running(pod);
    await node.worker!.stop();
    await new Promise((resolve) => setTimeout(resolve, 800));
    await node.start();
    expect(exitOf(await node.ended(pod))).toMatchObject({ exitCode: 5 });
    expect(await node.logs(pod)).toBe("hello\n");
  });

  it("ends the processes of pods that were deleted meanwhile", async () => {
    const pod = await node.run("sleep 300");
    await node.running(pod);
    await node.worker!.stop();
    await node.delete(pod, 0);
    expect(node.processes().length).toBeGreaterThan(0);
    await node.start();
    await until(() => node.processes().length === 0, "no process is left");
  });
});

describe("startWorker: logs", () => {
  it("are followed to the end, tailed, and cut", async () => {
    const pod = await node.run("for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done");
    await node.running(pod);
    expect(await node.logs(pod, { follow: true })).toBe(
      [1, 2, 3, 4, 5].map((i) => `line ${i}\n`).join(""),
    );
    expect(await node.logs(pod, { tailLines: 2 })).toBe("line 4\nline 5\n");
    expect(await node.logs(pod, { limitBytes: 8 })).toBe("line 1\nl");
    expect(await node.logs(pod, { sinceMs: Date.now() + 1_000 })).toBe("");
  });

  it("stay when the pod is gone", async () => {
    const pod = await node.run("echo kept");
    await node.ended(pod);
    await node.delete(pod);
    await until(() => node.isGone(pod), "the pod is gone");
    await node.restart();
    expect(await node.logs(pod)).toBe("kept\n");
  });

  it("keep long lines and lines without an end", async () => {
    const pod = await node.run("head -c 100000 /dev/zero | tr '\\0' x; echo; printf end");
    await node.ended(pod);
    expect(await node.logs(pod)).toBe(`${"x".repeat(100_000)}\nend`);
  });
});

/** Pods of `nodetcd jobs` in containers, by every engine at hand (podman, docker): `npm run prove -- jobs-containers`. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../processes.ts";
import { ApiClient, type KubeObject } from "../api-client.ts";
import { JobsServer } from "../jobs-server.ts";
import { IMAGE, TestEngine } from "./engine.ts";

const PATIENCE_MS = 60_000;
const PODS = "/api/v1/namespaces/default/pods";

interface ContainerStatus {
  readonly containerID?: string;
  readonly state: {
    readonly running?: object;
    readonly terminated?: { exitCode: number; reason: string; message?: string };
  };
}

function statusOf({ status }: KubeObject): ContainerStatus | undefined {
  return (status?.["containerStatuses"] as ContainerStatus[] | undefined)?.[0];
}

function equal(what: string, found: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${what}: ${is}, wanted ${should}`);
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${what}`);
}

class Stage {
  readonly engine: TestEngine;
  readonly folder: string;
  #server: JobsServer | undefined;
  #pods = 0;

  constructor(engine: TestEngine, folder: string) {
    this.engine = engine;
    this.folder = folder;
  }

  get api(): ApiClient {
    return new ApiClient(this.#server!.url);
  }

  async start(): Promise<void> {
    this.#server = await JobsServer.start({ folder: this.folder });
  }

  async restart(): Promise<void> {
    const { pid } = this.#server!;
    process.kill(pid, "SIGKILL");
    await this.#server!.stop();
    await this.start();
  }

  stop(): Promise<void> | undefined {
    return this.#server?.stop();
  }

  async pod(script: string, container: object = {}, spec: object = {}): Promise<KubeObject> {
    const main = { name: "main", image: IMAGE, imagePullPolicy: "Never" };
    const { status, body } = await this.api.call("POST", PODS, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `pod-${++this.#pods}` },
      spec: {
        restartPolicy: "Never",
        runtimeClassName: this.engine.name,
        containers: [{ ...main, command: ["sh", "-c"], args: [script], ...container }],
        ...spec,
      },
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body as unknown as KubeObject;
  }

  async get({ metadata }: KubeObject): Promise<KubeObject | undefined> {
    const { status, body } = await this.api.call("GET", `${PODS}/${metadata.name}`);
    return status === 200 ? (body as unknown as KubeObject) : undefined;
  }

  running(pod: KubeObject): Promise<KubeObject> {
    return until(`${pod.metadata.name} runs`, async () => {
      const now = await this.get(pod);
      return now !== undefined && statusOf(now)?.state.running !== undefined ? now : undefined;
    });
  }

  ended(pod: KubeObject): Promise<KubeObject> {
    return until(`${pod.metadata.name} ends`, async () => {
      const now = await this.get(pod);
      return ["Succeeded", "Failed"].includes(String(now?.status?.["phase"])) ? now : undefined;
    });
  }

  nothingLeft({ metadata }: KubeObject): Promise<true> {
    return until(`${metadata.name} has no container`, async () =>
      (await this.engine.containers(metadata.uid)).length === 0 ? true : undefined,
    );
  }

  async logs({ metadata }: KubeObject): Promise<string> {
    const response = await fetch(`${this.#server!.url}${PODS}/${metadata.name}/log`);
    return response.text();
  }
}

const CHECKS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "what it prints and how it ends": async (stage) => {
    const env = [
      { name: "A", value: "two\nlines" },
      { name: "HOME", value: "/mine" },
    ];
    const pod = await stage.pod('echo "$A" $HOME; echo worse >&2; exit 7', { env });
    const end = await stage.ended(pod);
    equal("phase", end.status?.["phase"], "Failed");
    equal("exit code", statusOf(end)?.state.terminated?.exitCode, 7);
    equal("id", statusOf(end)?.containerID?.split(":")[0], stage.engine.name);
    const log = await stage.logs(pod);
    equal("log", log.split("\n").sort(), ["", "lines /mine", "two", "worse"]);
    await stage.nothingLeft(pod);
  },
  "volumes, init containers, users, folders and messages": async (stage) => {
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const script = "cat /shared/file; id -u; pwd; echo bye >/dev/termination-log";
    const pod = await stage.pod(
      script,
      { volumeMounts, workingDir: "/shared", securityContext: { runAsUser: 1234 } },
      {
        volumes: [{ name: "shared", emptyDir: {} }],
        initContainers: [
          {
            name: "first",
            image: IMAGE,
            imagePullPolicy: "Never",
            volumeMounts,
            command: ["sh", "-c", "echo from the first >/shared/file"],
          },
        ],
      },
    );
    const end = await stage.ended(pod);
    equal("log", await stage.logs(pod), "from the first\n1234\n/shared\n");
    equal("message", statusOf(end)?.state.terminated?.message, "bye\n");
  },
  limits: async (stage) => {
    const pod = await stage.pod("sleep 60", { resources: { limits: { memory: "32Mi" } } });
    await stage.running(pod);
    const [name = ""] = await until("the engine has it", async () => {
      const names = await stage.engine.containers(pod.metadata.uid);
      return names.length > 0 ? names : undefined;
    });
    const memory = await stage.engine.tell("inspect", "--format", "{{.HostConfig.Memory}}", name);
    equal("memory", memory, String(32 * 1024 * 1024));
    await stage.api.call("DELETE", `${PODS}/${pod.metadata.name}?gracePeriodSeconds=0`);
    await stage.nothingLeft(pod);
  },
  "what does not listen is killed after its time": async (stage) => {
    const pod = await stage.pod('trap "" TERM; echo ready; while true; do sleep 1; done');
    await until("it is ready", async () =>
      (await stage.logs(pod)).includes("ready") ? true : undefined,
    );
    await stage.api.call("DELETE", `${PODS}/${pod.metadata.name}?gracePeriodSeconds=1`);
    await until("the pod is gone", async () =>
      (await stage.get(pod)) === undefined ? true : undefined,
    );
    await stage.nothingLeft(pod);
  },
  "a worker killed meanwhile starts none twice, and loses neither logs nor results": async (
    stage,
  ) => {
    const volumes = [{ name: "here", hostPath: { path: stage.folder } }];
    const volumeMounts = [{ name: "here", mountPath: "/here" }];
    const script =
      "echo start >>/here/starts; for i in 1 2 3 4 5 6; do echo $i; sleep 1; done; exit 4";
    const pod = await stage.pod(script, { volumeMounts }, { volumes });
    await stage.running(pod);
    await stage.restart();
    const end = await stage.ended(pod);
    equal("exit code", statusOf(end)?.state.terminated?.exitCode, 4);
    equal("log", await stage.logs(pod), "1\n2\n3\n4\n5\n6\n");
    equal("starts", readFileSync(join(stage.folder, "starts"), "utf8"), "start\n");
  },
  "an image that is not there": async (stage) => {
    const pod = await stage.pod("true", { image: "localhost/nodetcd-no-such-image" });
    const { terminated } = statusOf(await stage.ended(pod))!.state;
    equal("reason", terminated?.reason, "StartError");
    if (!terminated?.message?.includes("nodetcd-no-such-image")) {
      throw new Error(`the message does not name it: ${terminated?.message}`);
    }
  },
};

for (const name of ["podman", "docker"]) {
  const folder = temporaryDirectory("nodetcd-containers");
  const engine = await TestEngine.open(name, folder);
  const stage = engine && new Stage(engine, folder);
  try {
    await stage?.start();
    for (const [what, check] of stage === undefined ? [] : Object.entries(CHECKS)) {
      const began = performance.now();
      try {
        await check(stage!);
        console.log(
          `ok   ${name}: ${what} (${((performance.now() - began) / 1_000).toFixed(1)} s)`,
        );
      } catch (error) {
        console.log(`FAIL ${name}: ${what}: ${String(error)}`);
        process.exitCode = 1;
      }
    }
  } finally {
    await stage?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The same commands of kubectl against a real kube-apiserver and against `nodetcd jobs`: what they print must be
 * equal, but for what `known.ts` lists with its reason.
 *
 *     tsx tests/jobs/kubectl/run.ts [basics get ...]
 *
 * The commands are the scenarios of the package's own tests and those beside this file, each on servers of its
 * own; where a scenario asks for controllers, Kubernetes' own run too. kubectl is of the server's version.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runScenario } from "../../../packages/jobs/test/kubectl/run-scenario.ts";
import { ControlPlane } from "../../kubernetes/control-plane.ts";
import { kubernetesPrograms, KUBERNETES_VERSION } from "../../kubernetes/programs.ts";
import { peer, type Peer, ROOT } from "../../peers.ts";
import { freePort, httpGet, startServer, temporaryDirectory } from "../../processes.ts";
import { JobsServer } from "../jobs-server.ts";
import { knownReason } from "./known.ts";

const FOLDER = "packages/jobs/test/kubectl/scenarios";
const CONTROLLERS =
  "--controllers=job-controller,cronjob-controller,garbage-collector-controller,namespace-controller,ttl-after-finished-controller";

interface Block {
  readonly command: string;
  readonly output: string;
}

/** Commands with what they printed. */
function blocksOf(transcript: string): Block[] {
  return transcript
    .split(/\n\n(?=[$#] )/)
    .filter((block) => block.startsWith("$ "))
    .map((block) => {
      const lines = block.trimEnd().split("\n");
      const more = lines.findIndex((line, i) => i > 0 && !line.startsWith(">"));
      const end = more < 0 ? lines.length : more;
      return { command: lines.slice(0, end).join("\n"), output: lines.slice(end).join("\n") };
    });
}

function withControllers(text: string): boolean {
  return text.split("\n", 1)[0]!.includes("with controllers");
}

/** A plain address in front of the API server, which lets everybody in. */
async function startProxy(
  programs: string,
  plane: ControlPlane,
): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort();
  const args = ["proxy", `--kubeconfig=${plane.kubeconfig}`, `--port=${port}`, "--reject-paths=^$"];
  const child = spawn(join(programs, "kubectl"), args, { stdio: "ignore" });
  process.on("exit", () => child.kill("SIGKILL"));
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await httpGet(port, "/version").catch(() => undefined);
    if (answer?.status === 200) return { url: `http://127.0.0.1:${port}`, child };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("kubectl proxy does not answer");
}

async function onKubernetes(
  text: string,
  etcd: Peer,
  programs: string,
  folder: string,
): Promise<string> {
  mkdirSync(folder);
  const store = await startServer(etcd);
  const options = {
    programs,
    folder,
    etcdUrl: store.url,
    port: await freePort(),
    controllerFlags: [CONTROLLERS, "--leader-elect=false"],
  };
  const plane = new ControlPlane(options);
  let proxy: ChildProcess | undefined;
  try {
    await plane.startApiServer();
    if (withControllers(text)) plane.startControllers();
    const { url, child } = await startProxy(programs, plane);
    proxy = child;
    await plane.until("the default namespace", 60_000, async () => {
      return (await plane.call("GET", "/api/v1/namespaces/default")).status === 200;
    });
    return await runScenario(text, url);
  } finally {
    proxy?.kill("SIGKILL");
    await plane.stop();
    await store.stop();
  }
}

async function onNodetcd(text: string, folder: string): Promise<string> {
  mkdirSync(folder);
  const flags = ["--api", ...(withControllers(text) ? ["--controllers"] : [])];
  const server = await JobsServer.start({ folder, flags });
  if (server === undefined) throw new Error("nodetcd jobs cannot run here");
  try {
    return await runScenario(text, server.url);
  } finally {
    await server.stop();
  }
}

interface Result {
  readonly equal: number;
  readonly known: number;
  readonly different: number;
}

function compare(name: string, real: string, ours: string): Result {
  const [wanted, printed] = [blocksOf(real), blocksOf(ours)];
  let [equal, known, different] = [0, 0, 0];
  for (const [i, { command, output }] of wanted.entries()) {
    const other = printed[i]?.output ?? "";
    const reason = knownReason(name, command);
    if (output === other) equal++;
    else if (reason !== undefined) known++;
    else {
      different++;
      console.log(`DIFFERENT in ${name}: ${command}`);
      console.log(`  Kubernetes:\n${output.replaceAll(/^/gm, "    ")}`);
      console.log(`  nodetcd:\n${other.replaceAll(/^/gm, "    ")}`);
    }
  }
  console.log(`${name}: ${equal} equal, ${known} different on purpose, ${different} different`);
  return { equal, known, different };
}

async function main(): Promise<void> {
  const etcd = peer("etcd");
  const programs = await kubernetesPrograms([
    "kube-apiserver",
    "kube-controller-manager",
    "kubectl",
  ]);
  if (etcd === undefined || programs === undefined) return;
  process.env["PATH"] = [programs, process.env["PATH"]].join(delimiter);
  const asked = process.argv.slice(2);
  const folder = temporaryDirectory("nodetcd-jobs-kubectl");
  const total = { equal: 0, known: 0, different: 0 };
  console.log(`kubectl ${KUBERNETES_VERSION} on Kubernetes and on nodetcd`);
  try {
    for (const file of readdirSync(join(ROOT, FOLDER)).sort()) {
      const name = file.replace(".txt", "");
      if (asked.length > 0 && !asked.includes(name)) continue;
      const text = readFileSync(join(ROOT, FOLDER, file), "utf8");
      const [real, ours] = await Promise.all([
        onKubernetes(text, etcd, programs, join(folder, `${name}-real`)),
        onNodetcd(text, join(folder, `${name}-ours`)),
      ]);
      const result = compare(name, real, ours);
      for (const key of ["equal", "known", "different"] as const) total[key] += result[key];
    }
    const commands = total.equal + total.known + total.different;
    console.log(
      `${total.equal} of ${commands} commands print the same, ${total.known} differ on purpose`,
    );
    process.exitCode = total.different === 0 && commands > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();

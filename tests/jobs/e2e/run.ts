/**
 * Kubernetes' own end-to-end specs of Job, CronJob and TTLAfterFinished, unmodified, against `nodetcd jobs`:
 *
 *     KUBERNETES_PROGRAMS=folder tsx tests/jobs/e2e/run.ts
 *     FOCUS='Job should delete a job'   only specs whose text matches
 *     LABELS='!Slow && !Serial'         and whose labels do; what is off by default is always left out
 *     PROCS=8                           so many at a time
 *
 * Where the specs cannot be built (no Go, no module proxy) it says what is missing. All of them take six
 * minutes, without the slow ones three.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, temporaryDirectory } from "../../processes.ts";
import { kubernetesPrograms, KUBERNETES_VERSION } from "../../kubernetes/programs.ts";
import { JobsServer } from "../jobs-server.ts";

const EVERYTHING = String.raw`\[sig-apps\] (Job|CronJob|TTLAfterFinished) `;
/** The one that is left out is alpha, and off in Kubernetes too: its labels say so. */
const SPECS = 44;
const TIMEOUT_MINUTES = 15;

const { FOCUS, LABELS, PROCS = "8" } = process.env;

interface SpecReport {
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly ContainerHierarchyTexts: readonly string[] | null;
  readonly State: string;
  /** Nanoseconds. */
  readonly RunTime: number;
  readonly Failure?: { readonly Message: string };
}

function readReport(file: string): SpecReport[] {
  if (!existsSync(file)) return [];
  const suites = JSON.parse(readFileSync(file, "utf8")) as { SpecReports: SpecReport[] }[];
  return suites
    .flatMap(({ SpecReports }) => SpecReports)
    .filter(({ State }) => State !== "skipped");
}

async function runSpecs(
  programs: string,
  folder: string,
  server: JobsServer,
): Promise<SpecReport[]> {
  const labels = ["!Feature:OffByDefault", ...(LABELS === undefined ? [] : [`(${LABELS})`])];
  const { stdout, stderr } = await run(
    join(programs, "ginkgo"),
    [
      `--procs=${PROCS}`,
      `--focus=${FOCUS ?? EVERYTHING}`,
      `--label-filter=${labels.join(" && ")}`,
      "--fail-on-empty",
      `--timeout=${TIMEOUT_MINUTES}m`,
      "--no-color",
      "--json-report=report.json",
      `--output-dir=${folder}`,
      join(programs, "e2e.test"),
      "--",
      `--kubeconfig=${server.kubeconfig}`,
      "--provider=local",
      "--kube-api-content-type=application/json",
      "--dump-logs-on-failure=false",
    ],
    { timeoutMs: (TIMEOUT_MINUTES + 2) * 60_000 },
  );
  const reports = readReport(join(folder, "report.json"));
  if (reports.length === 0 || process.env["VERBOSE"] !== undefined) {
    console.log(stdout.toString().slice(-100_000), stderr.slice(-10_000));
  }
  return reports;
}

function tell(reports: readonly SpecReport[]): number {
  const specs = reports.filter(({ LeafNodeType }) => LeafNodeType === "It");
  for (const { State, RunTime, ContainerHierarchyTexts, LeafNodeText, Failure } of specs) {
    const seconds = (RunTime / 1e9).toFixed(1).padStart(6);
    const text = [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(" ");
    console.log(`  ${State.padEnd(7)} ${seconds} s  ${text}`);
    if (State !== "passed") console.log(`      ${Failure?.Message.replaceAll("\n", "\n      ")}`);
  }
  const passed = specs.filter(({ State }) => State === "passed").length;
  const others = reports.filter(
    ({ LeafNodeType, State }) => LeafNodeType !== "It" && State !== "passed",
  );
  for (const { LeafNodeType, State, Failure } of others) {
    console.log(`  ${State} ${LeafNodeType}: ${Failure?.Message}`);
  }
  const wanted = FOCUS === undefined && LABELS === undefined ? SPECS : specs.length;
  console.log(`${passed} of ${wanted} specs passed`);
  return passed === wanted && passed > 0 && others.length === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  const programs = await kubernetesPrograms(["e2e.test", "ginkgo"], "tests/jobs/e2e/build.sh");
  if (programs === undefined) return;
  const folder = temporaryDirectory("nodetcd-jobs-e2e");
  const server = await JobsServer.start({ folder, bash: true });
  if (server === undefined) return;
  console.log(`Kubernetes' specs ${KUBERNETES_VERSION} against nodetcd jobs, ${PROCS} at a time`);
  try {
    process.exitCode = tell(await runSpecs(programs, folder, server));
  } finally {
    await server.stop();
    if (process.exitCode === 0) rmSync(folder, { recursive: true, force: true });
    else console.log(`kept: ${folder}`);
  }
}

await main();

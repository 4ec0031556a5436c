/**
 * A real Prometheus beside a cluster of three: `deploy/prometheus` as it is, etcd's own alerts and dashboards unchanged.
 * Each of their expressions is asked of nodetcd and of real etcd: none fails, and where etcd has an answer so has nodetcd.
 *
 *     npm run prove -- monitoring
 *
 * Needs `prometheus` and `promtool` (PROMETHEUS_BIN, PROMTOOL_BIN, or PATH; Debian's package has both), and for etcd's own
 * files Go, which fetches them as part of etcd's source, and `jsonnet` (JSONNET_BIN, or PATH). Without `etcd`
 * every expression of a dashboard must have an answer of nodetcd's.
 */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { type Peer, peer, ROOT, sayMissing } from "../peers.ts";
import {
  freePort,
  run,
  type ServerProcess,
  startServer,
  temporaryDirectory,
} from "../processes.ts";
import { Connection } from "../rpc.ts";
import { etcdsOwn, type Expression, panelExpressions } from "./expressions.ts";

/** Seconds of scrapes before anything is asked: rates want some, `increase(x[1m])` more. */
const SCRAPING_SECONDS = 40;

interface Cluster {
  readonly job: string;
  readonly members: readonly ServerProcess[];
}

async function startCluster(program: Peer): Promise<Cluster> {
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const names = ["m0", "m1", "m2"];
  const list = names.map((name, i) => `${name}=http://127.0.0.1:${ports[i + 3]}`).join(",");
  const members = await Promise.all(
    names.map((name, i) =>
      startServer(program, {
        clientPort: ports[i]!,
        peerPort: ports[i + 3]!,
        flags: [`--name=${name}`, `--initial-cluster=${list}`, "--metrics=extensive"],
      }),
    ),
  );
  return { job: `etcd-of-${program.name}`, members };
}

/** Writes, reads, a watch and failures, so that every kind of metric has moved. */
async function work({ members }: Cluster, untilMs: number): Promise<void> {
  const connections = members.map(({ url }) => new Connection(url));
  for (let i = 0; Date.now() < untilMs; i++) {
    const connection = connections[i % connections.length]!;
    const key = Buffer.from(`key/${i % 100}`);
    await connection.call(METHODS.KV.Put, { key, value: Buffer.alloc(1_000, i) });
    await connection.call(METHODS.KV.Range, { key });
    await connection.call(METHODS.Lease.LeaseRevoke, { id: 12345n }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const connection of connections) connection.close();
}

interface Prometheus {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** The files of `deploy/prometheus` with other targets, faster, and etcd's alerts beside ours. */
async function startPrometheus(
  program: string,
  clusters: readonly Cluster[],
  rules: readonly string[],
): Promise<Prometheus> {
  const folder = temporaryDirectory("prometheus");
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(ROOT, "deploy/prometheus/alerts.yml"), join(folder, "alerts.yml"));
  for (const [i, text] of rules.entries()) writeFileSync(join(folder, `etcd-${i}.json`), text);
  const jobs = clusters.map(({ job, members }) => ({
    job_name: job,
    static_configs: [{ targets: members.map(({ endpoint }) => endpoint) }],
  }));
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["alerts.yml", ...rules.map((_, i) => `etcd-${i}.json`)],
    scrape_configs: jobs,
  };
  // YAML takes JSON.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    program,
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`].concat(
      `--web.listen-address=127.0.0.1:${port}`,
    ),
    { stdio: "ignore" },
  );
  const gone = new Promise((resolve) => child.once("close", resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

/** Raises when Prometheus refuses the expression. */
async function query({ url }: Prometheus, expression: string): Promise<readonly Sample[]> {
  const reply = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { status, error, data } = (await reply.json()) as {
    status: string;
    error?: string;
    data?: { result: Sample[] };
  };
  if (status !== "success") throw new Error(`${expression}: ${error}`);
  return data?.result ?? [];
}

/** Whether each expression has an answer: the same for both clusters. @returns what is wrong */
async function compare(
  prometheus: Prometheus,
  expressions: readonly Expression[],
  [subject, reference]: readonly Cluster[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const { from, forJob } of expressions) {
    const count = async ({ job }: Cluster): Promise<number> =>
      (await query(prometheus, forJob(job))).length;
    const ours = await count(subject!);
    const theirs = reference === undefined ? 1 : await count(reference);
    if (theirs > 0 !== ours > 0) wrong.push(`${from}: ${ours} answers, of etcd ${theirs}`);
  }
  return wrong;
}

/** Alerts that Prometheus cannot evaluate, or that fire in a cluster that is well. */
async function wrongAlerts({ url }: Prometheus): Promise<{ wrong: string[]; count: number }> {
  const reply = await fetch(`${url}/api/v1/rules`);
  const { data } = (await reply.json()) as {
    data: { groups: { rules: { name: string; health: string; state: string }[] }[] };
  };
  const rules = data.groups.flatMap((group) => group.rules);
  const wrong = rules
    .filter(({ health, state }) => health !== "ok" || state === "firing")
    .map(({ name, health, state }) => `alert ${name}: ${health}, ${state}`);
  return { wrong, count: rules.length };
}

async function checkFiles(promtool: string): Promise<void> {
  const folder = join(ROOT, "deploy/prometheus");
  for (const args of [
    ["check", "config", join(folder, "prometheus.yml")],
    ["test", "rules", join(folder, "alerts.test.yml")],
  ]) {
    const { status, stdout, stderr } = await run(promtool, args);
    if (status !== 0) throw new Error(`promtool ${args.join(" ")}: ${stdout.toString()}${stderr}`);
  }
}

async function has(program: string): Promise<boolean> {
  const { status } = await run(program, ["--version"]);
  if (status !== 0) sayMissing(`${program} (set its _BIN variable, or put it on PATH)`);
  return status === 0;
}

async function main(): Promise<void> {
  const nodetcd = peer("nodetcd");
  const program = process.env["PROMETHEUS_BIN"] ?? "prometheus";
  const promtool = process.env["PROMTOOL_BIN"] ?? "promtool";
  if (nodetcd === undefined || !(await has(program)) || !(await has(promtool))) return;
  await checkFiles(promtool);
  const own = await etcdsOwn();
  const dashboard = readFileSync(join(ROOT, "deploy/grafana/nodetcd.json"), "utf8");
  const expressions = [
    ...panelExpressions("deploy/grafana", JSON.parse(dashboard)),
    ...own.expressions,
  ];

  const programs = [nodetcd, peer("etcd")].filter((one) => one !== undefined);
  const clusters: Cluster[] = [];
  let prometheus: Prometheus | undefined;
  try {
    for (const one of programs) clusters.push(await startCluster(one));
    prometheus = await startPrometheus(program, clusters, own.alerts);
    const end = Date.now() + SCRAPING_SECONDS * 1_000;
    await Promise.all(clusters.map((cluster) => work(cluster, end)));
    const { wrong: alerts, count } = await wrongAlerts(prometheus);
    const wrong = [...alerts, ...(await compare(prometheus, expressions, clusters))];
    for (const line of wrong) console.log(`FAIL ${line}`);
    const what = `${count} alerts and ${expressions.length} expressions of dashboards`;
    console.log(`${what}, ${own.from}: ${wrong.length} wrong`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    await prometheus?.stop();
    for (const { members } of clusters) await Promise.all(members.map((member) => member.stop()));
  }
}

await main();

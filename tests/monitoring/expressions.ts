/** What dashboards and alerts ask, etcd's own among them. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sayMissing } from "../peers.ts";

/** The etcd whose dashboards and alerts are taken. */
const ETCD = "go.etcd.io/etcd/v3@v3.7.1";

export interface Expression {
  readonly from: string;
  /** The expression for one job, with Grafana's variables filled in. */
  readonly forJob: (job: string) => string;
}

function fillIn(expression: string, job: string): string {
  return expression
    .replace(/\$__rate_interval|\$__interval/g, "20s")
    .replace(/(job|cluster)\s*=~?\s*"\$\w+"/g, `job="${job}"`)
    .replace(/job=~"\.\*etcd\.\*"/g, `job="${job}"`);
}

/** Every `expr` below a value that was read from JSON, such as a dashboard. */
export function panelExpressions(from: string, value: unknown): Expression[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "expr" && typeof inner === "string"
      ? [{ from: `${from}: ${inner}`, forJob: (job: string) => fillIn(inner, job) }]
      : panelExpressions(from, inner),
  );
}

export interface EtcdsOwn {
  readonly from: string;
  /** Files of rules, in JSON. */
  readonly alerts: readonly string[];
  readonly expressions: readonly Expression[];
}

/** Folder of etcd's dashboards and alerts, of its source as Go's module proxy has it. */
function mixinFolder(): string | undefined {
  const { stdout } = spawnSync("go", ["mod", "download", "-json", ETCD], { encoding: "utf8" });
  if (!stdout) return undefined;
  return join((JSON.parse(stdout) as { Dir: string }).Dir, "contrib", "mixin");
}

/**
 * Alerts and dashboards of etcd. The newer dashboard is made of a library of Grafana's; its queries are read from their
 * source, the older one is made whole.
 */
export async function etcdsOwn(): Promise<EtcdsOwn> {
  const folder = mixinFolder();
  const jsonnet = process.env["JSONNET_BIN"] ?? "jsonnet";
  // The field is a hidden one.
  const file =
    '((import "config.libsonnet") + (import "alerts/alerts.libsonnet")).prometheusAlerts';
  const made = spawnSync(jsonnet, ["-J", folder ?? ".", "-e", file], {
    cwd: folder,
    encoding: "utf8",
  });
  if (folder === undefined || made.status !== 0) {
    sayMissing("go and jsonnet: etcd's own dashboards and alerts were left out");
    return { from: "without etcd's own", alerts: [], expressions: [] };
  }
  const dashboards = readdirSync(join(folder, "dashboards"));
  return {
    from: `etcd's own of ${ETCD} among them`,
    alerts: [made.stdout],
    expressions: dashboards.flatMap((file) =>
      sourceExpressions(`etcd's ${file}`, readFileSync(join(folder, "dashboards", file), "utf8")),
    ),
  };
}

/** The expressions in the source of a dashboard: `expr: '...' % config` and `prometheus.new(ds, '...' % config)`. */
function sourceExpressions(from: string, source: string): Expression[] {
  const texts = [...source.matchAll(/'((?:[^'\\]|\\.)*(?:etcd_|grpc_|process_)(?:[^'\\]|\\.)*)'/g)];
  return texts
    .map((match) => match[1]!.replaceAll("\\'", "'"))
    .filter((text) => text.includes("{") && !text.startsWith("label_values"))
    .map((text) => {
      const expression = text
        .replaceAll("%(etcd_selector)s", 'job=~".*etcd.*"')
        .replaceAll("%(clusterLabel)s", "job")
        .replaceAll("{%s", '{job=~".*etcd.*"')
        .replaceAll("%s", "job")
        .replaceAll("%%", "%");
      return {
        from: `${from}: ${expression}`,
        forJob: (job: string) => fillIn(expression, job),
      };
    });
}

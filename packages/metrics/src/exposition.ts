import type { Labels, Metric } from "./metric.ts";

/** Of `exposition`. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/**
 * Metrics in Prometheus' text format, in the order of its own writers: metrics by name, labels by name. Metrics
 * without samples are left out. Source: "Exposition formats" of Prometheus' documentation.
 */
export function exposition(metrics: Iterable<Metric>): string {
  const text: string[] = [];
  for (const metric of [...metrics].sort(({ name: a }, { name: b }) => (a < b ? -1 : 1))) {
    const { name, help, type } = metric;
    const lines: string[] = [];
    for (const { suffix, labels, value } of metric.samples()) {
      lines.push(`${name}${suffix}${labelText(labels)} ${valueText(value)}\n`);
    }
    if (lines.length === 0) continue;
    const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    text.push(`# HELP ${name} ${escaped}\n`, `# TYPE ${name} ${type}\n`, ...lines);
  }
  return text.join("");
}

/** `{a="1",b="2"}`, or nothing without labels. The bound of a bucket comes last. */
function labelText(labels: Labels): string {
  const names = Object.keys(labels).filter((name) => name !== "le");
  if (names.length > 1) names.sort();
  if (labels["le"] !== undefined) names.push("le");
  const pairs = names.map((name) => `${name}="${escapeValue(labels[name]!)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** Infinities have names of their own; all else is as JavaScript prints it. */
function valueText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

import { counter, gauge, type Labels, type Metric } from "@nodetcd/metrics";
import type { HttpCounters } from "../http/router.ts";

/** What the health pages answered. */
export function healthMetrics({ health, checks }: HttpCounters): Metric[] {
  return [
    counter(
      "etcd_server_health_success",
      "The total number of successful health checks",
      () => health.success,
    ),
    counter(
      "etcd_server_health_failures",
      "The total number of failed health checks",
      () => health.failures,
    ),
    counter(
      "etcd_server_healthchecks_total",
      "The total number of each kind of healthcheck.",
      function* () {
        for (const [key, { success, error }] of checks) {
          yield [{ ...labels(key), status: "success" }, success];
          yield [{ ...labels(key), status: "error" }, error];
        }
      },
    ),
    gauge("etcd_server_healthcheck", "The result of each kind of healthcheck.", function* () {
      for (const [key, { last }] of checks) yield [labels(key), last ? 1 : 0];
    }),
  ];
}

/** `readyz data_corruption` as labels. */
function labels(key: string): Labels {
  const [type = "", name = ""] = key.split(" ");
  return { type, name };
}

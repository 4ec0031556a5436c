import { Counter, Gauge, type Registry } from "prom-client";
import type { HttpCounters } from "../http/router.ts";
import { scraped } from "./scraped.ts";

/** What the health pages answered. */
export function registerHealthMetrics(registry: Registry, { health, checks }: HttpCounters): void {
  const { counter } = scraped(registry);
  counter(
    "etcd_server_health_success",
    "The total number of successful health checks",
    () => health.success,
  );
  counter(
    "etcd_server_health_failures",
    "The total number of failed health checks",
    () => health.failures,
  );
  new Counter({
    name: "etcd_server_healthchecks_total",
    help: "The total number of each kind of healthcheck.",
    labelNames: ["type", "name", "status"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, { success, error }] of checks) {
        const [type = "", name = ""] = key.split(" ");
        this.inc({ type, name, status: "success" }, success);
        this.inc({ type, name, status: "error" }, error);
      }
    },
  });
  new Gauge({
    name: "etcd_server_healthcheck",
    help: "The result of each kind of healthcheck.",
    labelNames: ["type", "name"],
    registers: [registry],
    collect() {
      for (const [key, { last }] of checks) {
        const [type = "", name = ""] = key.split(" ");
        this.set({ type, name }, last ? 1 : 0);
      }
    },
  });
}

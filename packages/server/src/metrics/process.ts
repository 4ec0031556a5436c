import type { Runtime } from "@nodetcd/runtime";
import { Gauge, type Registry } from "prom-client";
import { scraped } from "./scraped.ts";
import { descriptorLimit, openDescriptors } from "../descriptors.ts";

const MICROSECONDS = 1e6;

/** Address space of this process; undefined where /proc is missing. */
function virtualBytes(runtime: Runtime): number | undefined {
  try {
    const status = Buffer.from(runtime.disk.readFile("/proc/self/status")).toString();
    const kibibytes = /^VmSize:\s+(\d+) kB/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

/** What Prometheus expects of any process. */
export function registerProcessMetrics(registry: Registry, runtime: Runtime): void {
  const startSeconds = runtime.clock.wallTime() / 1000;
  const { gauge, counter } = scraped(registry);
  gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () =>
    process.memoryUsage.rss(),
  );
  gauge(
    "process_start_time_seconds",
    "Start time of the process since unix epoch in seconds.",
    () => startSeconds,
  );
  gauge("process_open_fds", "Number of open file descriptors.", () =>
    openDescriptors(runtime.disk),
  );
  gauge("process_max_fds", "Maximum number of open file descriptors.", () =>
    descriptorLimit(runtime.disk),
  );
  gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", () =>
    virtualBytes(runtime),
  );
  gauge("os_fd_used", "The number of used file descriptors.", () => openDescriptors(runtime.disk));
  gauge("os_fd_limit", "The file descriptor limit.", () => descriptorLimit(runtime.disk));
  gauge(
    "nodejs_heap_used_bytes",
    "Memory of the JavaScript heap in use.",
    () => process.memoryUsage().heapUsed,
  );
  new Gauge({
    name: "nodejs_version_info",
    help: "Node.js version info.",
    labelNames: ["version"],
    registers: [registry],
  }).set({ version: process.version }, 1);
  counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROSECONDS;
  });
}

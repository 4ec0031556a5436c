import { counter, gauge, type Metric } from "@nodetcd/metrics";
import type { Runtime } from "@nodetcd/runtime";
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
export function processMetrics(runtime: Runtime): Metric[] {
  const startSeconds = runtime.clock.wallTime() / 1000;
  return [
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () =>
      process.memoryUsage.rss(),
    ),
    gauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      () => startSeconds,
    ),
    gauge("process_open_fds", "Number of open file descriptors.", () =>
      openDescriptors(runtime.disk),
    ),
    gauge("process_max_fds", "Maximum number of open file descriptors.", () =>
      descriptorLimit(runtime.disk),
    ),
    gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", () =>
      virtualBytes(runtime),
    ),
    gauge("os_fd_used", "The number of used file descriptors.", () =>
      openDescriptors(runtime.disk),
    ),
    gauge("os_fd_limit", "The file descriptor limit.", () => descriptorLimit(runtime.disk)),
    gauge(
      "nodejs_heap_used_bytes",
      "Memory of the JavaScript heap in use.",
      () => process.memoryUsage().heapUsed,
    ),
    gauge("nodejs_version_info", "Node.js version info.", () => [
      [{ version: process.version }, 1],
    ]),
    counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / MICROSECONDS;
    }),
  ];
}

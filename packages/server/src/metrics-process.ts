import type { Runtime } from "@nodetcd/runtime";
import { Counter, Gauge, type Registry } from "prom-client";

const MICROSECONDS = 1e6;

/** Open descriptors of this process, and how many it may have; undefined where /proc is missing. */
function descriptors(runtime: Runtime): { used: number; limit: number } | undefined {
  try {
    const used = runtime.disk.list("/proc/self/fd").length;
    const limits = Buffer.from(runtime.disk.readFile("/proc/self/limits")).toString();
    const limit = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return { used, limit: Number(limit ?? 0) };
  } catch {
    return undefined;
  }
}

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
  const registers = [registry];
  const startSeconds = runtime.clock.wallTime() / 1000;
  const gauge = (name: string, help: string, read: () => number | undefined): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read();
        if (value !== undefined) this.set(value);
      },
    });
  };
  gauge("process_resident_memory_bytes", "Resident memory size in bytes.", () =>
    process.memoryUsage.rss(),
  );
  gauge(
    "process_start_time_seconds",
    "Start time of the process since unix epoch in seconds.",
    () => startSeconds,
  );
  gauge("process_open_fds", "Number of open file descriptors.", () => descriptors(runtime)?.used);
  gauge(
    "process_max_fds",
    "Maximum number of open file descriptors.",
    () => descriptors(runtime)?.limit,
  );
  gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", () =>
    virtualBytes(runtime),
  );
  gauge("os_fd_used", "The number of used file descriptors.", () => descriptors(runtime)?.used);
  gauge("os_fd_limit", "The file descriptor limit.", () => descriptors(runtime)?.limit);
  gauge(
    "nodejs_heap_used_bytes",
    "Memory of the JavaScript heap in use.",
    () => process.memoryUsage().heapUsed,
  );
  new Gauge({
    name: "nodejs_version_info",
    help: "Node.js version info.",
    labelNames: ["version"],
    registers,
  }).set({ version: process.version }, 1);
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / MICROSECONDS);
    },
  });
}

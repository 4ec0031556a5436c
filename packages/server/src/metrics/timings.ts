import { Histogram, type Registry } from "prom-client";
import { exponential } from "../measure/histogram.ts";
import { scraped } from "./scraped.ts";

/** What is measured as it happens; everything else is read when metrics are scraped. */
export interface Timings {
  /** Seconds of one fdatasync of the log. */
  walSync: (seconds: number) => void;
  /** Seconds of one write of the log, and its bytes. */
  walWrite: (bytes: number, seconds: number) => void;
  /** Seconds of one commit of the database. */
  commit: (seconds: number) => void;
  /** Seconds of one defragmentation. */
  defragment: (seconds: number) => void;
}

/** Histograms of what the disk takes. */
export function registerTimings(registry: Registry): Timings {
  const registers = [registry];
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name, help, buckets, registers });
  const walSync = histogram(
    "etcd_disk_wal_fsync_duration_seconds",
    "The latency distributions of fsync called by WAL.",
    exponential(0.001, 2, 14),
  );
  const walWrite = histogram(
    "etcd_disk_wal_write_duration_seconds",
    "The latency distributions of write called by WAL.",
    exponential(0.001, 2, 14),
  );
  const commit = histogram(
    "etcd_disk_backend_commit_duration_seconds",
    "The latency distributions of commit called by backend.",
    exponential(0.001, 2, 14),
  );
  const defragment = histogram(
    "etcd_disk_backend_defrag_duration_seconds",
    "The latency distribution of backend defragmentation.",
    exponential(0.1, 2, 13),
  );
  let walBytes = 0;
  scraped(registry).gauge(
    "etcd_disk_wal_write_bytes_total",
    "Total number of bytes written in WAL.",
    () => walBytes,
  );
  return {
    walSync: (seconds) => walSync.observe(seconds),
    walWrite: (bytes, seconds) => {
      walBytes += bytes;
      walWrite.observe(seconds);
    },
    commit: (seconds) => commit.observe(seconds),
    defragment: (seconds) => defragment.observe(seconds),
  };
}

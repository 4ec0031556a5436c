import { exponential, gauge, HistogramFamily, type Metric } from "@nodetcd/metrics";

function timing(name: string, help: string, firstSeconds: number, count: number): HistogramFamily {
  return new HistogramFamily(name, help, exponential(firstSeconds, 2, count));
}

/** What the disk takes: measured as it happens, where everything else is read when somebody asks. */
export class Timings {
  readonly rows: readonly Metric[];
  /** Seconds of one fdatasync of the log. */
  readonly walSync: (seconds: number) => void;
  /** Seconds of one write of the log, and its bytes. */
  readonly walWrite: (bytes: number, seconds: number) => void;
  /** Seconds of one commit of the database. */
  readonly commit: (seconds: number) => void;
  /** Seconds of one defragmentation. */
  readonly defragment: (seconds: number) => void;

  constructor() {
    const syncs = timing(
      "etcd_disk_wal_fsync_duration_seconds",
      "The latency distributions of fsync called by WAL.",
      0.001,
      14,
    );
    const writes = timing(
      "etcd_disk_wal_write_duration_seconds",
      "The latency distributions of write called by WAL.",
      0.001,
      14,
    );
    const commits = timing(
      "etcd_disk_backend_commit_duration_seconds",
      "The latency distributions of commit called by backend.",
      0.001,
      14,
    );
    const defragments = timing(
      "etcd_disk_backend_defrag_duration_seconds",
      "The latency distribution of backend defragmentation.",
      0.1,
      13,
    );
    let walBytes = 0;
    const written = gauge(
      "etcd_disk_wal_write_bytes_total",
      "Total number of bytes written in WAL.",
      () => walBytes,
    );
    this.rows = [syncs, writes, commits, defragments, written];
    const observer = (family: HistogramFamily): ((seconds: number) => void) => {
      const series = family.series();
      return (seconds) => series.observe(seconds);
    };
    this.walSync = observer(syncs);
    this.commit = observer(commits);
    this.defragment = observer(defragments);
    const wrote = observer(writes);
    this.walWrite = (bytes, seconds) => {
      walBytes += bytes;
      wrote(seconds);
    };
  }
}

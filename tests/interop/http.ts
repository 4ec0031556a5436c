/** The HTTP/1.1 pages on the client port, by curl where there is one. */
import { METHODS } from "@nodetcd/messages";
import { type Peer } from "../peers.ts";
import { httpGet, run, startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { check, equal } from "./check.ts";

/** Metrics that dashboards and alerts of etcd read. */
const METRICS = [
  "etcd_server_has_leader",
  "etcd_server_leader_changes_seen_total",
  "etcd_server_proposals_committed_total",
  "etcd_server_proposals_applied_total",
  "etcd_server_proposals_pending",
  "etcd_server_proposals_failed_total",
  "etcd_disk_wal_fsync_duration_seconds_bucket",
  "etcd_disk_backend_commit_duration_seconds_bucket",
  "etcd_mvcc_db_total_size_in_bytes",
  "etcd_mvcc_db_total_size_in_use_in_bytes",
  "etcd_server_quota_backend_bytes",
  "etcd_network_client_grpc_received_bytes_total",
  "etcd_network_client_grpc_sent_bytes_total",
  "etcd_debugging_mvcc_keys_total",
  "grpc_server_started_total",
  "grpc_server_handled_total",
  "process_resident_memory_bytes",
  "process_cpu_seconds_total",
  "process_open_fds",
];

export async function proveHttp(subject: Peer): Promise<string> {
  const server = await startServer(subject);
  try {
    const connection = new Connection(server.url);
    await connection.call(METHODS.KV.Put, { key: Buffer.from("k"), value: Buffer.from("v") });
    connection.close();
    const get = (path: string): ReturnType<typeof httpGet> => httpGet(server.clientPort, path);

    const health = await get("/health");
    equal(health.status, 200, "/health");
    equal(health.body.trim(), '{"health":"true","reason":""}', "/health");
    for (const path of ["/livez", "/readyz"]) {
      const page = await get(path);
      equal(`${page.status} ${page.body}`, "200 ok\n", path);
      const verbose = await get(`${path}?verbose`);
      check(verbose.body.includes("[+]serializable_read ok"), `${path}?verbose: ${verbose.body}`);
    }
    const version = JSON.parse((await get("/version")).body) as Record<string, string>;
    check(/^3\.\d+\.\d+$/.test(version["etcdserver"] ?? ""), "/version has no etcdserver");
    check(/^3\.\d+\.\d+$/.test(version["etcdcluster"] ?? ""), "/version has no etcdcluster");
    const metrics = (await get("/metrics")).body;
    const missing = METRICS.filter((name) => !new RegExp(`^${name}[ {]`, "m").test(metrics));
    equal(missing.join(" "), "", "/metrics without");
    equal((await get("/nonsense")).status, 404, "/nonsense");

    const curl = await run("curl", ["-sS", "-w", " %{http_code}", `${server.url}/health`]);
    if (curl.status === 0)
      equal(curl.stdout.toString().replace("\n", ""), `${health.body.trim()} 200`, "curl");
    return `pages and ${METRICS.length} metrics as etcd has them${curl.status === 0 ? ", curl too" : "; no curl here"}`;
  } finally {
    await server.stop();
  }
}

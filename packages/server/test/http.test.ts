import { Channel } from "@nodetcd/grpc";
import { AlarmAction, AlarmRequest, AlarmType, PutRequest, PutResponse } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchange } from "./support/http-client.ts";
import { bytes, dispose, startTestMember, type TestMember } from "./support/member.ts";

const FREE_PORT = "http://127.0.0.1:0";

describe("the client port", () => {
  let member: TestMember;
  let url = "";
  beforeAll(async () => {
    member = await startTestMember({ listenClientUrls: [FREE_PORT], listenPeerUrls: [FREE_PORT] });
    url = member.member.clientUrls[0] ?? "";
  });
  afterAll(() => dispose(member));

  const get = async (path: string, init: RequestInit = {}): Promise<[number, string]> => {
    const response = await fetch(url + path, init);
    return [response.status, await response.text()];
  };
  const alarm = (action: number, type: number) =>
    member.transport.unary(
      "/etcdserverpb.Maintenance/Alarm",
      AlarmRequest.encode({ action, alarm: type, memberId: 1n }),
    );

  test("carries gRPC and HTTP at once", async () => {
    const { hostname, port } = new URL(url);
    const { network, clock } = nodeRuntime;
    const channel = new Channel({ network, clock, host: hostname, port: Number(port) });
    const put = PutRequest.encode({ key: bytes("over"), value: bytes("a socket") });
    const reply = PutResponse.decode(await channel.unary("/etcdserverpb.KV/Put", put));
    expect(reply.header?.memberId).toBe(member.member.id);
    channel.close();
    expect(await get("/version")).toEqual([
      200,
      '{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}',
    ]);
  });

  test("/health is true, false with a reason while there is an alarm, and GET only", async () => {
    expect(await get("/health")).toEqual([200, '{"health":"true","reason":""}']);
    expect(await get("/health?serializable=true")).toEqual([200, '{"health":"true","reason":""}']);
    expect((await get("/health", { method: "POST" }))[0]).toBe(405);
    await alarm(AlarmAction.ACTIVATE, AlarmType.NOSPACE);
    expect(await get("/health")).toEqual([503, '{"health":"false","reason":"ALARM NOSPACE"}\n']);
    expect((await get("/health?exclude=NOSPACE"))[0]).toBe(200);
    await alarm(AlarmAction.DEACTIVATE, AlarmType.NOSPACE);
    expect((await get("/health"))[0]).toBe(200);
  });

  test("paths that only begin as known ones, and checks that do not exist, are not found", async () => {
    const paths = ["/health/", "/health/x", "/version/x", "/metrics/x", "/debug/vars/", "/debug"];
    const checks = ["/livez/constructor", "/readyz/__proto__", "/livez/serializable_read/x"];
    for (const path of [...paths, ...checks, "/livez/linearizable_read", "/", "/livezx"]) {
      expect([path, ...(await get(path))]).toEqual([path, 404, "404 page not found\n"]);
      expect([path, (await get(path, { method: "POST" }))[0]]).toEqual([path, 404]);
    }
  });

  test("paths are cleaned as Go's server does it, before anything else", async () => {
    const cleaned = {
      "//health": "/health",
      "//": "/",
      "/./health?a=%2F": "/health?a=%2F",
      "/a/../%6detrics": "/metrics",
      "//nope/<": "/nope/%3C",
    };
    for (const [path, location] of Object.entries(cleaned)) {
      const page = { Location: location, "Content-Type": "text/html; charset=utf-8" };
      for (const method of ["GET", "HEAD", "POST"]) {
        const { status, headers, body } = await exchange(url, { path, method });
        expect([path, status, headers.location]).toEqual([path, 307, page.Location]);
        expect(headers["content-type"]).toBe(method === "POST" ? undefined : page["Content-Type"]);
        const text = `<a href="${location}">Temporary Redirect</a>.\n\n`;
        expect(body).toBe(method === "GET" ? text : "");
      }
    }
    expect((await exchange(url, { path: "/he%61lth", method: "GET" })).status).toBe(200);
    expect((await exchange(url, { path: "/%zz", method: "GET" })).status).toBe(400);
    expect((await exchange(url, { path: "*", method: "GET" })).status).toBe(400);
    expect((await exchange(url, { path: "*", method: "OPTIONS" })).status).toBe(200);
  });

  test("/metrics answers any method, packed for those who take that", async () => {
    for (const method of ["GET", "POST", "PUT", "HEAD"]) {
      const { status, headers, body } = await exchange(url, { path: "/metrics", method });
      expect([status, headers["content-encoding"]]).toEqual([200, undefined]);
      expect(body.includes("# HELP")).toBe(method !== "HEAD");
    }
    const takes = async (accepted: string): Promise<boolean> => {
      const response = await fetch(`${url}/metrics`, { headers: { "Accept-Encoding": accepted } });
      expect(await response.text()).toContain("# HELP etcd_server_has_leader");
      return response.headers.get("content-encoding") === "gzip";
    };
    for (const accepted of ["gzip", "deflate, gzip;q=0.5", "gzip;q=1.0, identity"]) {
      expect([accepted, await takes(accepted)]).toEqual([accepted, true]);
    }
    for (const accepted of ["identity", "gzip;q=0", "xgzip", "gzip; q=0.0, identity"]) {
      expect([accepted, await takes(accepted)]).toEqual([accepted, false]);
    }
  });

  test("/livez and /readyz answer ok, lines on demand, and 503 for what is wrong", async () => {
    expect(await get("/livez")).toEqual([200, "ok\n"]);
    expect(await get("/livez/serializable_read")).toEqual([200, "ok\n"]);
    expect(await get("/readyz?verbose")).toEqual([
      200,
      "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n",
    ]);
    expect((await get("/readyz/nonsense"))[0]).toBe(404);
    await alarm(AlarmAction.ACTIVATE, AlarmType.CORRUPT);
    const [status, text] = await get("/readyz");
    expect([status, text]).toEqual([503, expect.stringContaining("[-]data_corruption failed")]);
    expect((await get("/readyz?exclude=data_corruption"))[0]).toBe(200);
    await alarm(AlarmAction.DEACTIVATE, AlarmType.CORRUPT);
  });

  test("/metrics has the figures that dashboards and alerts of etcd use", async () => {
    const [status, text] = await get("/metrics");
    expect(status).toBe(200);
    const value = (name: string): number =>
      Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    expect(value("etcd_server_has_leader")).toBe(1);
    expect(value("etcd_server_is_leader")).toBe(1);
    expect(value("etcd_server_leader_changes_seen_total")).toBe(1);
    expect(value("etcd_server_proposals_applied_total")).toBeGreaterThan(3);
    expect(value("etcd_server_quota_backend_bytes")).toBe(2_147_483_648);
    expect(value("etcd_mvcc_db_total_size_in_bytes")).toBeGreaterThan(0);
    expect(value("etcd_disk_wal_fsync_duration_seconds_count")).toBeGreaterThan(0);
    expect(value("etcd_disk_backend_commit_duration_seconds_count")).toBeGreaterThanOrEqual(0);
    expect(value("etcd_network_client_grpc_received_bytes_total")).toBeGreaterThan(0);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(0);
    expect(text).toContain(
      'grpc_server_handled_total{grpc_code="OK",grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"} 1',
    );
    for (const name of [
      "etcd_server_proposals_committed_total",
      "etcd_server_proposals_pending",
      "etcd_server_proposals_failed_total",
      "etcd_mvcc_db_total_size_in_use_in_bytes",
      "etcd_network_client_grpc_sent_bytes_total",
    ]) {
      expect(text).toContain(`# TYPE ${name} `);
    }
    expect(text).toContain("# TYPE etcd_server_proposals_committed_total gauge");
  });

  test("CVE-2021-28235: of other paths there is /debug/vars alone, no /debug/requests", async () => {
    const [, vars] = await get("/debug/vars");
    expect(JSON.parse(vars)).toMatchObject({ "raft.status": { raftState: "StateLeader" } });
    for (const path of ["/nothing", "/debug/requests", "/debug/events", "/debug/pprof/"]) {
      expect((await get(path))[0], path).toBe(404);
    }
  });
});

test("a member that stops closes its port and answers waiting calls", async () => {
  const member = await startTestMember({ listenClientUrls: [FREE_PORT] });
  const url = member.member.clientUrls[0] ?? "";
  expect((await fetch(`${url}/health`)).status).toBe(200);
  await dispose(member);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

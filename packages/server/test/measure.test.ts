import {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  PutRequest,
  RangeResponse,
  TxnRequest,
} from "@nodetcd/messages";
import { Histogram } from "@nodetcd/metrics";
import { type LogFields, silentLogger } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";
import { afterEach, describe, expect, test } from "vitest";
import { ClientVersions } from "../src/measure/client-versions.ts";
import { putText, rangeText, txnText } from "../src/measure/request-text.ts";
import { PointReads } from "../src/measure/point-reads.ts";
import { bareSize } from "../src/measure/reply-counts.ts";
import { Stopwatch } from "../src/measure/stopwatch.ts";
import { bytes, dispose, startTestMember, type TestMember } from "./support/member.ts";

let member: TestMember | undefined;
afterEach(async () => {
  await dispose(member);
  member = undefined;
});

describe("Stopwatch", () => {
  test("a beginning takes over the last look of this turn, and never one of an earlier turn", async () => {
    let time = 0;
    const watch = new Stopwatch({ ...nodeClock, monotonic: () => ++time });
    expect([watch.recent(), watch.recent(), watch.now(), watch.recent()]).toEqual([1, 1, 2, 2]);
    await nodeClock.yield();
    expect(watch.recent()).toBe(3);
  });
});

describe("PointReads", () => {
  test("counts every call; those of a stretch share its time", async () => {
    let time = 0;
    const watch = new Stopwatch({ ...nodeClock, monotonic: () => time });
    const buckets = new Histogram([0.0015, 0.1]);
    const reads = new PointReads(watch, [buckets]);
    const call = (ms: number): void => {
      reads.begin();
      time += ms;
      reads.end();
    };
    call(50);
    expect(buckets.cumulative()).toEqual([0, 1, 1]);
    for (let i = 0; i < 20; i++) call(1);
    expect(buckets.cumulative()).toEqual([16, 17, 17]);
    await nodeClock.yield();
    time += 10_000;
    call(1);
    expect(buckets.cumulative()).toEqual([21, 22, 22]);
    expect(buckets.sum).toBeCloseTo(0.071);
  });
});

describe("ClientVersions", () => {
  test("counts by version, and keeps a bound on how many it tells apart", () => {
    const versions = new ClientVersions();
    const metadata = new Map([["client-api-version", "3.7"]]);
    for (let i = 0; i < 3; i++) versions.count(metadata);
    versions.count(new Map());
    for (let i = 0; i < 500; i++) versions.count(new Map([["client-api-version", `v${i}`]]));
    const counts = new Map(versions.entries());
    expect([counts.get("3.7"), counts.get("unknown")]).toEqual([3, 1]);
    expect(counts.size).toBeLessThan(70);
    expect(counts.get("other")).toBeGreaterThan(400);
  });
});

describe("texts", () => {
  // As 3.7.1 printed them with --warning-unary-request-duration=1us.
  test("requests print as etcd prints them, values by their size", () => {
    const put = PutRequest.decode(
      PutRequest.encode({ key: bytes("foo"), value: bytes("baz"), prevKv: true }),
    );
    expect(putText(put)).toBe('key:"foo" value_size:3 prev_kv:true ');
    const txn = TxnRequest.decode(
      TxnRequest.encode({
        compare: [{ target: 2, key: bytes("a"), modRevision: 0 }],
        success: [
          { requestPut: { key: bytes("a"), value: bytes("1") } },
          { requestRange: { key: bytes("a") } },
        ],
        failure: [
          {
            requestRange: {
              key: bytes("l/"),
              rangeEnd: bytes("l0"),
              limit: 1,
              sortOrder: 1,
              sortTarget: 2,
            },
          },
        ],
      }),
    );
    expect(txnText(txn)).toBe(
      'compare:<target:MOD  key:"a"  mod_revision:0> ' +
        'success:<request_put:<key:"a" value_size:1 > request_range:{key:"a"}> ' +
        'failure:<request_range:{key:"l/"  range_end:"l0"  limit:1  sort_order:ASCEND  sort_target:CREATE}>',
    );
    const range = txn.failure[0]?.requestRange;
    const odd = Uint8Array.of(0, 0x22, 0x5c, 0x0a, 0x7f, 0xff);
    expect(range && rangeText({ ...range, key: odd })).toContain('key:"\\x00\\"\\\\\\n\\x7f\\xff"');
    expect(range && rangeText({ ...range, key: bytes("é") })).toContain('key:"é"');
  });

  test("bareSize() counts a header with its revision alone", () => {
    const header = { clusterId: 2n ** 63n, memberId: 2n ** 60n, revision: 300, raftTerm: 2 };
    const bare = RangeResponse.encode({ header: { revision: 300 }, count: 1 });
    expect(bareSize(RangeResponse.encode({ header, count: 1 }))).toBe(bare.length);
  });
});

describe("warnings of a member", () => {
  const collect = (): {
    lines: Record<string, unknown>[];
    warn: (m: string, f?: LogFields) => void;
  } => {
    const lines: Record<string, unknown>[] = [];
    return { lines, warn: (msg, fields = {}) => void lines.push({ msg, ...fields }) };
  };

  test("name slow unary calls and slow applies, in etcd's words", async () => {
    const { lines, warn } = collect();
    const limits = { warningUnaryRequestDurationMs: 1e-6, warningApplyDurationMs: 1e-6 };
    member = await startTestMember(limits, { ...silentLogger, warn });
    await member.put("foo", "bar");
    await member.range("foo", { limit: 5 });
    await member.range("foo", { revision: 99 }).catch(() => undefined);
    await member.delete("foo");
    const stats = lines.filter(({ msg }) => msg === "request stats");
    expect(stats.map((line) => [line["response type"], line["response count"]])).toEqual([
      ["/etcdserverpb.KV/Put", 0],
      ["/etcdserverpb.KV/Range", 1],
      ["/etcdserverpb.KV/Range", 0],
      ["/etcdserverpb.KV/DeleteRange", 1],
    ]);
    expect(stats[0]).toMatchObject({
      "request count": 1,
      "request size": 10,
      "request content": 'key:"foo" value_size:3 ',
      "start time": expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      "time spent": expect.stringMatching(/^[\d.]+(µs|ms|s)$/),
    });
    const slow = lines.filter(({ msg }) => msg === "apply request took too long");
    const reads = slow.filter(({ prefix }) => prefix === "read-only range ");
    expect(reads).toMatchObject([
      { request: 'key:"foo"  limit:5', response: "range_response_count:1 size:24" },
      {
        request: 'key:"foo"  revision:99',
        response: "",
        error: "mvcc: required revision is a future revision",
      },
    ]);
    const puts = slow.map(({ request }) => String(request)).filter((text) => /put:/.test(text));
    expect(puts).toEqual([
      expect.stringMatching(/^header:<ID:\d+> put:<key:"foo" value_size:3 >$/),
    ]);
  });

  test("are not written for calls that are quick", async () => {
    const { lines, warn } = collect();
    member = await startTestMember({}, { ...silentLogger, warn });
    await member.put("foo", "bar");
    await member.range("foo");
    expect(lines.filter(({ msg }) => /stats|too long/.test(String(msg)))).toEqual([]);
  });
});

describe("/metrics", () => {
  async function scrape(metrics: "basic" | "extensive"): Promise<string> {
    member = await startTestMember({ metrics, listenClientUrls: ["http://127.0.0.1:0"] });
    await member.put("foo", "bar");
    await member.range("foo", { serializable: true });
    await member.range("foo", { revision: 99 }).catch(() => undefined);
    await member.grant(60);

    const stream = member.stream("etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveResponse);
    stream.send(LeaseKeepAliveRequest.encode({ id: 1n }));
    await stream.next();
    stream.halfClose();
    await stream.ended;
    await member.compact(2, true);
    return (await fetch(`${member.member.clientUrls[0]}/metrics`)).text();
  }

  test("has durations of requests, ranges, applies and compactions, and message counts", async () => {
    const text = await scrape("basic");
    for (const line of [
      'etcd_server_request_duration_seconds_count{success="true",type="Put"} 1',
      'etcd_server_request_duration_seconds_count{success="false",type="Range"} 1',
      'etcd_server_range_duration_seconds_count{success="true"} 1',
      'etcd_server_range_duration_seconds_count{success="false"} 1',
      'etcd_server_apply_duration_seconds_count{op="Put",success="true",version="v3"} 1',
      'etcd_server_apply_duration_seconds_count{op="LeaseGrant",success="true",version="v3"} 1',
      "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count 1",
      "etcd_debugging_lease_granted_total 1",
      'etcd_debugging_lease_ttl_total_bucket{le="64"} 1',
      'etcd_server_client_requests_total{client_api_version="unknown",type="stream"} 1',
      'etcd_server_feature_enabled{name="FastLeaseKeepAlive",stage="BETA"} 1',
      'grpc_server_msg_received_total{grpc_method="LeaseKeepAlive",grpc_service="etcdserverpb.Lease",grpc_type="bidi_stream"} 1',
      'grpc_server_msg_sent_total{grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} 1',
    ]) {
      expect(text).toContain(`\n${line}\n`);
    }
    expect(text).not.toContain("grpc_server_handling_seconds");
  });

  test("has handling times of each method where metrics are extensive", async () => {
    const text = await scrape("extensive");
    const count = (labels: string): string =>
      new RegExp(`^grpc_server_handling_seconds_count\\{${labels}\\} (\\d+)$`, "m").exec(
        text,
      )?.[1] ?? "";
    const labels = (method: string, service: string, type: string): string =>
      `grpc_method="${method}",grpc_service="etcdserverpb.${service}",grpc_type="${type}"`;
    expect(count(labels("Put", "KV", "unary"))).toBe("1");
    expect(count(labels("Range", "KV", "unary"))).toBe("2");
    expect(count(labels("LeaseKeepAlive", "Lease", "bidi_stream"))).toBe("1");
  });
});

import { METHOD_LIST } from "@nodetcd/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exchange, type HttpReply } from "./support/http-client.ts";
import { dispose, startTestMember, type TestMember } from "./support/member.ts";

const FREE_PORT = "http://127.0.0.1:0";
const FOO = '{"key":"Zm9v"}';
const HEADER = { cluster_id: expect.any(String), member_id: expect.any(String), raft_term: "2" };

let member: TestMember;
let url = "";
beforeAll(async () => {
  member = await startTestMember({ listenClientUrls: [FREE_PORT], listenPeerUrls: [FREE_PORT] });
  url = member.member.clientUrls[0] ?? "";
});
afterAll(() => dispose(member));

const post = (path: string, body = "", headers: Record<string, string> = {}): Promise<HttpReply> =>
  exchange(url, { path: `/v3/${path}`, body, headers });
/** Status and body of an answer. */
const call = async (path: string, body = "", headers = {}): Promise<[number, unknown]> => {
  const reply = await post(path, body, headers);
  return [reply.status, JSON.parse(reply.body)];
};
const error = (status: number, code: number, message: string): [number, unknown] => [
  status,
  { code, message },
];

describe("a unary call", () => {
  test("is answered with the message in etcd's JSON, compact and without a line end", async () => {
    const put = await post("kv/put", '{"key":"Zm9v","value":"YmFy"}');
    expect(put.body).toMatch(
      /^\{"header":\{"cluster_id":"\d+","member_id":"\d+","revision":"2","raft_term":"2"\}\}$/,
    );
    expect(put.headers).toMatchObject({
      "content-type": "application/json",
      "content-length": String(put.body.length),
      "grpc-metadata-content-type": "application/grpc",
      "access-control-allow-origin": "*",
    });
    const kv = { key: "Zm9v", create_revision: "2", mod_revision: "2", version: "1" };
    expect(await call("kv/range", FOO)).toEqual([
      200,
      { header: { ...HEADER, revision: "2" }, kvs: [{ ...kv, value: "YmFy" }], count: "1" },
    ]);
  });

  test("takes both forms of a name, ids as numbers, and nothing for an empty message", async () => {
    const ranged = await call("kv/range", '{"key":"Zm9v","rangeEnd":"Zm9w","countOnly":true}');
    expect(ranged).toMatchObject([200, { count: "1" }]);
    expect(await call("lease/grant", '{"TTL":60,"ID":777}')).toMatchObject([
      200,
      { ID: "777", TTL: "60" },
    ]);
    expect(await call("lease/leases")).toMatchObject([200, { leases: [{ ID: "777" }] }]);
    expect(await call("kv/txn")).toMatchObject([200, { succeeded: true }]);
    expect(await call("kv/lease/revoke", '{"ID":"777"}')).toMatchObject([200, {}]);
  });

  test("that fails has the HTTP status of its code and no header of gRPC", async () => {
    const reply = await post("kv/range");
    expect(reply.body).toBe('{"code":3,"message":"etcdserver: key is not provided"}');
    expect(reply.status).toBe(400);
    expect(reply.headers["grpc-metadata-content-type"]).toBeUndefined();
    const future = "etcdserver: mvcc: required revision is a future revision";
    expect(await call("kv/range", '{"key":"Zm9v","revision":"100"}')).toEqual(
      error(400, 11, future),
    );
    const gone = "etcdserver: requested lease not found";
    expect(await call("kv/put", '{"key":"YQ==","lease":"99"}')).toEqual(error(404, 5, gone));
    expect(await call("election/leader", '{"name":"ZWw="}')).toEqual(
      error(500, 2, "election: no leader"),
    );
    const tooLate = '{"name":"bXky","lease":"9"}';
    expect((await call("lock/lock", tooLate))[0]).toBe(500);
  });

  test("a body that does not fit is refused with place and reason, and changes nothing", async () => {
    const texts: Readonly<Record<string, string>> = {
      "{": "unexpected EOF",
      "[]": "proto: syntax error (line 1:1): unexpected token [",
      '{"key":"Z"}': 'proto: (line 1:8): invalid value for bytes field key: "Z"',
      '{"key":"YQ==","key":"Yg=="}': 'proto: (line 1:15): duplicate field "key"',
      "{,": "invalid character ',' looking for beginning of object key string",
    };
    for (const [body, text] of Object.entries(texts)) {
      expect(await call("kv/put", body)).toEqual(error(400, 3, text));
    }
    expect(await call("kv/put", '{"Key":"YQ==","value":"YQ=="}')).toEqual(
      error(400, 3, "etcdserver: key is not provided"),
    );
    expect(await call("kv/range", FOO)).toMatchObject([200, { header: { revision: "2" } }]);
  });

  test("a long answer comes in pieces and whole", async () => {
    const value = Buffer.alloc(300_000, "é").toString("base64");
    await post("kv/put", `{"key":"bG9uZw==","value":"${value}"}`);
    const reply = await post("kv/range", '{"key":"bG9uZw=="}');
    expect(reply.headers["transfer-encoding"]).toBe("chunked");
    expect(JSON.parse(reply.body)).toMatchObject({ kvs: [{ value }] });
  });

  test("a message that gRPC would not take is refused, and so is more JSON than it can be of", async () => {
    const big = (size: number): string =>
      `{"key":"YQ==","value":"${Buffer.alloc(size).toString("base64")}"}`;
    expect(await call("kv/put", big(1_600_000))).toEqual(
      error(400, 3, "etcdserver: request is too large"),
    );
    expect(await call("kv/put", big(2_500_000))).toEqual(
      error(429, 8, "grpc: received message larger than max (2500008 vs. 2097152)"),
    );
    expect((await call("kv/put", `{}${" ".repeat(5_000_000)}`))[0]).toBe(429);
    expect((await call("kv/range", FOO))[0]).toBe(200);
  });
});

describe("headers", () => {
  test("Grpc-Timeout ends a call, and must be a duration", async () => {
    await post("lease/grant", '{"TTL":600,"ID":5}');
    await post("lease/grant", '{"TTL":600,"ID":6}');
    expect((await call("lock/lock", '{"name":"bA==","lease":"5"}'))[0]).toBe(200);
    const late = error(504, 4, "context deadline exceeded");
    const second = '{"name":"bA==","lease":"6"}';
    expect(await call("lock/lock", second, { "Grpc-Timeout": "50m" })).toEqual(late);
    expect(await call("kv/range", FOO, { "Grpc-Timeout": "1n" })).toEqual(late);
    expect((await call("kv/range", FOO, { "Grpc-Timeout": "0S" }))[0]).toBe(200);
    for (const wrong of ["5", "5x", "zzz"]) {
      const refused = error(400, 3, `invalid grpc-timeout: ${wrong}`);
      expect(await call("kv/range", FOO, { "Grpc-Timeout": wrong })).toEqual(refused);
    }
  });

  test("Grpc-Metadata- is metadata, in base64 where it is binary", async () => {
    const header = { "Grpc-Metadata-Foo-Bin": "?" };
    const text = "invalid binary header Grpc-Metadata-Foo-Bin: illegal base64 data at input byte 0";
    expect(await call("kv/range", FOO, header)).toEqual(error(400, 3, text));
    expect((await call("kv/range", FOO, { "Grpc-Metadata-Foo-Bin": "YQ==" }))[0]).toBe(200);
    expect((await call("kv/range", FOO, { "Grpc-Metadata-Hasleader": "true" }))[0]).toBe(200);
  });
});

describe("routing", () => {
  const at = (path: string, method = "POST", headers = {}): Promise<HttpReply> =>
    exchange(url, { path, method, headers, body: FOO });

  test("every route of the table leads to its method, by both prefixes", async () => {
    const routes = METHOD_LIST.filter(({ kind }) => kind === "unary").flatMap((row) => row.routes);
    expect(routes.length).toBeGreaterThan(45);
    const dangerous = ["/v3/auth/enable", "/v3/election/campaign", "/v3/lock/lock"];
    for (const route of routes.filter((one) => !dangerous.includes(one))) {
      const { status, body } = await at(route.replace("/v3/", "/v3beta/"));
      expect([route, body]).not.toEqual([route, '{"code":5,"message":"Not Found"}']);
      expect([route, status]).not.toEqual([route, 501]);
    }
  });

  test("other paths under /v3/ are not found, and other methods not allowed", async () => {
    for (const path of ["kv/Range", "kv/range/", "kv/range:x", "kv/rangestream", "constructor"]) {
      const { status, body } = await at(`/v3/${path}`);
      expect([path, status, body]).toEqual([path, 404, '{"code":5,"message":"Not Found"}']);
    }
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const { status, body } = await at("/v3/kv/range", method);
      expect([status, body]).toEqual([501, '{"code":12,"message":"Method Not Allowed"}']);
    }
    expect((await at("/v3/kv/range", "HEAD")).body).toBe("");
    const form = {
      "X-HTTP-Method-Override": "GET",
      "Content-Type": "application/x-www-form-urlencoded",
    };
    expect((await at("/v3/kv/range", "POST", form)).status).toBe(501);
    expect((await at("/v3/kv/range", "POST", { ...form, "Content-Type": "a/b" })).status).toBe(200);
    for (const path of ["/v3alpha/kv/range", "/v2/keys", "/nope"]) {
      expect((await at(path)).body).toBe("404 page not found\n");
    }
  });

  test("a path is decoded, and redirected where it is not clean", async () => {
    for (const path of ["/v3/kv/%72ange", "/v3/kv%2Frange", "/v3/kv/range?key=YQ=="]) {
      expect([path, (await at(path)).status]).toEqual([path, 200]);
    }
    expect((await at("/v3/%zz")).status).toBe(400);
    const clean = { "//v3/kv/range": "/v3/kv/range", "/v3/./kv//range?a": "/v3/kv/range?a" };
    for (const [path, location] of Object.entries({ ...clean, "/v3": "/v3/" })) {
      const { status, headers, body } = await at(path);
      expect([status, headers.location, body]).toEqual([307, location, ""]);
      expect((await at(path, "GET")).body).toContain(`<a href="${location}">`);
    }
  });
});

describe("web pages", () => {
  test("CVE-2018-1098, CVE-2018-1099: cors and hostWhitelist say who may read, and by which name", async () => {
    const ui = "http://ui.example:8080";
    const other = await startTestMember({
      listenClientUrls: [FREE_PORT],
      listenPeerUrls: [FREE_PORT],
      cors: [ui],
      hostWhitelist: ["etcd.example", "::1"],
    });
    const base = other.member.clientUrls[0] ?? "";
    const ask = (host: string, origin: string, method = "OPTIONS", path = "/v3/kv/range") =>
      exchange(base, { method, path, headers: { Host: host, Origin: origin } });
    const preflight = await ask("etcd.example:2379", ui);
    expect(preflight).toMatchObject({ status: 200, body: "" });
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": ui,
      "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE",
      "access-control-allow-headers": "accept, content-type, authorization",
    });
    const stranger = await ask("[::1]:2379", "http://evil.example", "GET", "/version");
    expect([stranger.status, stranger.headers["access-control-allow-origin"]]).toEqual([
      200,
      undefined,
    ]);
    const rebound = await ask("evil.example:2379", ui, "GET", "/health");
    expect([rebound.status, rebound.headers["access-control-allow-origin"]]).toEqual([
      421,
      undefined,
    ]);
    expect(rebound.body).toContain('--host-whitelist "evil.example"');
    await dispose(other);
  });

  test("enableGrpcGateway false leaves the other pages", async () => {
    const other = await startTestMember({
      listenClientUrls: [FREE_PORT],
      enableGrpcGateway: false,
    });
    const base = other.member.clientUrls[0] ?? "";
    const call = await exchange(base, { path: "/v3/kv/range", body: FOO });
    expect([call.status, call.body]).toEqual([404, "404 page not found\n"]);
    expect((await exchange(base, { path: "/version", method: "GET" })).status).toBe(200);
    await dispose(other);
  });
});

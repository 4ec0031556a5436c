import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type AnyMethod,
  METHOD_LIST,
  methodAt,
  type MethodAt,
  type MethodPath,
  type MethodPathOf,
  METHODS,
  PutRequest,
  type PutResponse,
  RangeResponse,
  RangeResponseTags,
  type RequestOf,
  type ResponseOf,
} from "@nodetcd/messages";

describe("METHODS", () => {
  test("says of a method all that a server, a client and a gateway need", () => {
    expect(METHODS.KV.Put).toEqual({
      path: "/etcdserverpb.KV/Put",
      service: "etcdserverpb.KV",
      name: "Put",
      kind: "unary",
      request: PutRequest,
      response: METHODS.KV.Put.response,
      routes: ["/v3/kv/put"],
    });
    expect(METHODS.Lease.LeaseRevoke.routes).toEqual(["/v3/lease/revoke", "/v3/kv/lease/revoke"]);
    expect(METHODS.KV.RangeStream).toMatchObject({ kind: "server_stream", routes: [] });
  });

  test("has no path and no route twice, and keys that are the names", () => {
    const routes = METHOD_LIST.flatMap((row) => row.routes);
    expect(new Set(routes).size).toBe(routes.length);
    expect(new Set(METHOD_LIST.map((row) => row.path)).size).toBe(METHOD_LIST.length);
    for (const [service, rows] of Object.entries(METHODS)) {
      for (const [name, row] of Object.entries(rows) as [string, AnyMethod][]) {
        expect(row.path).toMatch(new RegExp(`^/[a-z0-9.]+\\.${service}/${name}$`));
        expect(row.path).toBe(`/${row.service}/${row.name}`);
      }
    }
  });

  test("is typed by path, so that a handler or a rule that is missing does not compile", () => {
    expectTypeOf<RequestOf<MethodAt<"/etcdserverpb.KV/Put">>>().toEqualTypeOf<PutRequest>();
    expectTypeOf<ResponseOf<typeof METHODS.KV.Put>>().toEqualTypeOf<PutResponse>();
    expectTypeOf<"/v3lockpb.Lock/Lock">().toExtend<MethodPath>();
    expectTypeOf<MethodPathOf<"bidi_stream">>().toEqualTypeOf<
      "/etcdserverpb.Watch/Watch" | "/etcdserverpb.Lease/LeaseKeepAlive"
    >();
    type Handlers = {
      [P in MethodPathOf<"bidi_stream">]: (request: RequestOf<MethodAt<P>>) => void;
    };
    const watch = () => {};
    // @ts-expect-error LeaseKeepAlive has no handler
    const handlers: Handlers = { "/etcdserverpb.Watch/Watch": watch };
    expect(handlers).toBeDefined();
  });
});

test("methodAt finds a row by its path, and nothing by another", () => {
  for (const row of METHOD_LIST) expect(methodAt(row.path)).toBe(row);
  expect(methodAt("/etcdserverpb.KV/put")).toBeUndefined();
  expect(methodAt("/etcdserverpb.Raft/Vote")).toBeUndefined();
});

test("Tags are what the codec writes", () => {
  const bytes = RangeResponse.encode({ header: {}, kvs: [{}], more: true, count: 5 });
  const { header, kvs, more, count } = RangeResponseTags;
  expect([...bytes]).toEqual([header, 0, kvs, 0, more, 1, count, 5]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fromJson,
  JsonError,
  type JsonErrorCode,
  JsonValues,
  type MessageCodec,
  METHOD_LIST,
  METHODS,
  RangeRequest,
  SortOrder,
  toJson,
} from "@nodetcd/messages";
import { MAX_JSON_DEPTH } from "../src/limits.ts";
import { arbitraryOf, dropZeros, schemas } from "./support/schemas.ts";

const text = (json: string): Uint8Array => Buffer.from(json, "utf8");
const decode = <T>(codec: MessageCodec<T>, json: string): T => fromJson(codec, text(json));

const CODECS = [
  ...new Map(
    METHOD_LIST.flatMap((row) => [row.request, row.response]).map((codec) => [codec.name, codec]),
  ).values(),
] as MessageCodec<object>[];

/** Bodies and what etcd 3.7.1 said to them: `POST /v3/kv/range`, and where named another method. */
const REFUSED: readonly (readonly [body: string, error: string, codec?: MessageCodec<unknown>])[] =
  [
    ["[]", "proto: syntax error (line 1:1): unexpected token ["],
    ["nullx", "proto: syntax error (line 1:1): unexpected token null"],
    ['"abc"', 'proto: syntax error (line 1:1): unexpected token "abc"'],
    ['{"key":"Zm9v"', "unexpected EOF"],
    ["tr", "unexpected EOF"],
    ['{"key":"\\ud800"}', "proto: unexpected EOF"],
    [
      '{"x":"\\ud800aaaaaaaaaaaa","key":"Zm9v"}',
      'proto: syntax error (line 1:6): invalid escape code "aaaaaa" in string',
    ],
    ["{'key'}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"key":"Zm9v",}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"key":-}', "invalid character '}' in numeric literal"],
    ['{"key":1.}', "invalid character '}' after decimal point in numeric literal"],
    ['{"key":1e}', "invalid character '}' in exponent of numeric literal"],
    ['{"key":01}', "invalid character '1' after object key:value pair"],
    ['{"key":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"key":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"key":"\\u12g4"}', "invalid character 'g' in \\u hexadecimal character escape"],
    ['{"key":"a\n"}', "invalid character '\\n' in string literal"],
    ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
    ["\u007f", "invalid character '\\x7f' looking for beginning of value"],
    ['{"key":null,"key":"Zm9v"}', 'proto: (line 1:13): duplicate field "key"'],
    ['{"rangeEnd":true}', "proto: (line 1:13): invalid value for bytes field rangeEnd: true"],
    ['{"key":{}}', "proto: (line 1:8): invalid value for bytes field key: {"],
    ['{"limit":1.5}', "proto: (line 1:10): invalid value for int64 field limit: 1.5"],
    ['{"limit":"+1"}', 'proto: (line 1:10): invalid value for int64 field limit: "+1"'],
    ['{"limit":" 1"}', 'proto: (line 1:10): invalid value for int64 field limit: " 1"'],
    ['{"limit":""}', 'proto: (line 1:10): invalid value for int64 field limit: ""'],
    ['{"limit":1e30}', "proto: (line 1:10): invalid value for int64 field limit: 1e30"],
    [
      '{"limit":"9223372036854775808"}',
      'proto: (line 1:10): invalid value for int64 field limit: "9223372036854775808"',
    ],
    [
      '{"serializable":"true"}',
      'proto: (line 1:17): invalid value for bool field serializable: "true"',
    ],
    ['{"sort_order":1.5}', "proto: (line 1:15): invalid value for enum field sortOrder: 1.5"],
    [
      '{"sort_order":2147483648}',
      "proto: (line 1:15): invalid value for enum field sortOrder: 2147483648",
    ],
    ['{\n "é":1, "key":5}', "proto: (line 2:15): invalid value for bytes field key: 5"],
    ['  {"key":5}', "proto: (line 1:8): invalid value for bytes field key: 5"],
    ['{"key":"Zm9v="}', 'proto: (line 1:8): invalid value for bytes field key: "Zm9v="'],
    ['{"key":"+_=="}', 'proto: (line 1:8): invalid value for bytes field key: "+_=="'],
    ['{"key":"Z"}', 'proto: (line 1:8): invalid value for bytes field key: "Z"'],
    ['{"key":"===="}', 'proto: (line 1:8): invalid value for bytes field key: "===="'],
    [
      '{"compare":[null]}',
      "proto: syntax error (line 1:13): unexpected token null",
      METHODS.KV.Txn.request,
    ],
    [
      '{"compare":{}}',
      "proto: syntax error (line 1:12): unexpected token {",
      METHODS.KV.Txn.request,
    ],
    [
      '{"compare":[{"version":"1","value":""}]}',
      'proto: (line 1:28): error parsing "value", oneof etcdserverpb.Compare.target_union is already set',
      METHODS.KV.Txn.request,
    ],
    [
      '{"peerURLs":[null]}',
      "proto: (line 1:14): invalid value for string field peerURLs: null",
      METHODS.Cluster.MemberAdd.request,
    ],
    [
      '{"ID":-1}',
      "proto: (line 1:7): invalid value for uint64 field ID: -1",
      METHODS.Cluster.MemberRemove.request,
    ],
  ];

function codeOf(error: string): JsonErrorCode {
  if (error.startsWith("proto: ")) return "JSON_VALUE";
  return error === "unexpected EOF" ? "JSON_INCOMPLETE" : "JSON_SYNTAX";
}

describe("fromJson", () => {
  const refused = REFUSED.map(([body, error, codec = RangeRequest]) => ({ body, error, codec }));
  test.each(refused)("refuses $body as etcd does", ({ body, error, codec }) => {
    expect(() => decode(codec, body)).toThrow(new JsonError(codeOf(error), error));
  });

  test("refuses invalid UTF-8 in values, names and unknown fields", () => {
    for (const [body, column] of [
      ['{"key":"\xff"}', 8],
      ['{"\xff":1}', 2],
      ['{"key":"Zm9v","x":["\xff"]}', 20],
    ] as const) {
      const error = `proto: syntax error (line 1:${column}): invalid UTF-8 in string`;
      expect(() => fromJson(RangeRequest, Buffer.from(body, "latin1"))).toThrow(error);
    }
  });

  test("takes 10,000 levels of nesting in unknown fields, and not one more", () => {
    const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect(decode(RangeRequest, `{"x":${nested(MAX_JSON_DEPTH - 1)}}`).limit).toBe(0);
    expect(() => decode(RangeRequest, `{"x":${nested(MAX_JSON_DEPTH)}}`)).toThrow(
      "invalid character '[' exceeded max depth",
    );
    const txn = `${'{"success":[{"request_txn":'.repeat(3000)}{}${"}]}".repeat(3000)}`;
    expect(() => decode(METHODS.KV.Txn.request, txn)).toThrow(JsonError);
  });

  test.each(["", " \n", "{}", '{"key":null,"limit":null,"sortOrder":null}', "{} garbage", "{}{"])(
    "reads %j as the empty message",
    (body) => {
      expect(decode(RangeRequest, body)).toEqual(RangeRequest.create());
    },
  );

  test("understands both forms of a name, exactly as they are written", () => {
    for (const name of ["range_end", "rangeEnd", "range\\u005fend"]) {
      expect(decode(RangeRequest, `{"${name}":"Zm9v"}`).rangeEnd).toEqual(
        new Uint8Array([102, 111, 111]),
      );
    }
    expect(decode(RangeRequest, '{"Key":"Zm9v","":1,"@type":"x","rangeend":{}}')).toEqual(
      RangeRequest.create(),
    );
    expect(decode(METHODS.Lease.LeaseGrant.request, '{"ttl":5,"TTL":"6"}').ttl).toBe(6);
  });

  test.each([
    ["5", 5],
    ['"5"', 5],
    ["1.0", 1],
    ['"1.0"', 1],
    ["1.5e1", 15],
    ["1.10e1", 11],
    ["10e-1", 1],
    ["-0", 0],
    ["0e999999999", 0],
    ['"-7"', -7],
    ["9.223372036854775807e18", Number.MAX_SAFE_INTEGER],
    ["9223372036854775807", Number.MAX_SAFE_INTEGER],
    ["-9223372036854775808", Number.MIN_SAFE_INTEGER],
  ])("reads the number %s", (written, limit) => {
    expect(decode(RangeRequest, `{"limit":${written}}`).limit).toBe(limit);
  });

  test("keeps ids beyond 2^53 exact", () => {
    const { request } = METHODS.Cluster.MemberRemove;
    expect(decode(request, '{"ID":18446744073709551615}').id).toBe(2n ** 64n - 1n);
    expect(decode(request, '{"ID":"9007199254740993"}').id).toBe(9007199254740993n);
    expect(decode(METHODS.Lease.LeaseGrant.request, '{"ID":-9223372036854775808}').id).toBe(
      -(2n ** 63n),
    );
  });

  test.each([
    ["Zm8=", "fo"],
    ["Zm8", "fo"],
    ["Zh==", "f"],
    ["PDw_Pj4_", "<<?>>?"],
    ["PDw/Pj4/", "<<?>>?"],
    ["Zm\\n\\n\\n8", "fo"],
    ["Z\\u006d9v", "foo"],
    ["", ""],
  ])("reads the bytes %s", (written, value) => {
    expect(Buffer.from(decode(RangeRequest, `{"key":"${written}"}`).key).toString()).toBe(value);
  });

  test("reads enums by name and number, keeps unknown numbers and drops unknown names", () => {
    const order = (written: string): number =>
      decode(RangeRequest, `{"sort_order":${written}}`).sortOrder;
    expect(["2", "2.0", '"DESCEND"', "7"].map(order)).toEqual([2, 2, SortOrder.DESCEND, 7]);
    expect(['"FOO"', '"descend"', '"2"', '"toString"'].map(order)).toEqual([0, 0, 0, 0]);
    const { createRequest } = decode(
      METHODS.Watch.Watch.request,
      '{"create_request":{"filters":["NODELETE","FOO",0]}}',
    );
    expect(createRequest?.filters).toEqual([1, 0]);
  });

  test("takes a oneof member that is null as absent", () => {
    const compare = '{"compare":[{"value":null,"version":"0"}]}';
    expect(decode(METHODS.KV.Txn.request, compare).compare[0]).toMatchObject({
      version: 0,
      value: undefined,
    });
  });

  test("shows only the start of a long value that it refuses", () => {
    expect(() => decode(RangeRequest, `{"key":"${"?".repeat(100_000)}"}`)).toThrow(
      /^proto: \(line 1:8\): invalid value for bytes field key: "\?{255}\.\.\.$/,
    );
  });
});

describe("toJson", () => {
  const header = { clusterId: 15875391935852295136n, memberId: 5n, revision: 2, raftTerm: 2 };

  test("writes what etcd's gateway writes", () => {
    const kvs = [
      {
        key: text("foo"),
        createRevision: 2,
        modRevision: 2,
        version: 1,
        value: text("bar"),
        lease: -5n,
      },
    ];
    expect(toJson(METHODS.KV.Range.response, { header, kvs, count: 1 })).toBe(
      '{"header":{"cluster_id":"15875391935852295136","member_id":"5","revision":"2","raft_term":"2"},' +
        '"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"2","version":"1","value":"YmFy","lease":"-5"}],' +
        '"count":"1"}',
    );
    expect(toJson(METHODS.Maintenance.Hash.response, { hash: 4294967295 })).toBe(
      '{"hash":4294967295}',
    );
    const member = { id: 7n, name: "a", peerUrls: ["http://p"], clientUrls: [], isLearner: true };
    expect(toJson(METHODS.Cluster.MemberList.response, { members: [member] })).toBe(
      '{"members":[{"ID":"7","name":"a","peerURLs":["http://p"],"isLearner":true}]}',
    );
    const events = [{ type: 1, kv: { key: text("foo"), modRevision: 32 }, prevKv: {} }];
    expect(toJson(METHODS.Watch.Watch.response, { events })).toBe(
      '{"events":[{"type":"DELETE","kv":{"key":"Zm9v","mod_revision":"32"},"prev_kv":{}}]}',
    );
  });

  test("leaves zeros out, and keeps members of a oneof and empty messages", () => {
    expect(toJson(RangeRequest, RangeRequest.create())).toBe("{}");
    expect(toJson(METHODS.KV.Put.response, { header: {} })).toBe('{"header":{}}');
    expect(toJson(METHODS.KV.Txn.request, { compare: [{ version: 0 }, { value: text("") }] })).toBe(
      '{"compare":[{"version":"0"},{"value":""}]}',
    );
    expect(toJson(RangeRequest, { sortOrder: 9 })).toBe('{"sort_order":9}');
  });

  test("writes characters raw, or as Go's encoding/json does where it is asked to", () => {
    const { response } = METHODS.Auth.Authenticate;
    const token = '<&>\u2028"\\\n\u0001é';
    expect(toJson(response, { token })).toBe(`{"token":"<&>\u2028\\"\\\\\\n\\u0001é"}`);
    expect(toJson(response, { token }, { escapeHtml: true })).toBe(
      `{"token":"\\u003c\\u0026\\u003e\\u2028\\"\\\\\\n\\u0001é"}`,
    );
  });
});

describe("JSON of every message of every method", () => {
  test("says what protobufjs says, and comes back as the same bytes", () => {
    const root = schemas();
    expect(CODECS.length).toBeGreaterThan(90);
    for (const codec of CODECS) {
      const type = root.lookupType(codec.name);
      fc.assert(
        fc.property(arbitraryOf(type, 3), (plain) => {
          const wire = type.encode(type.fromObject(plain)).finish();
          const message = codec.decode(wire);
          const json = toJson(codec, message);
          expect(codec.encode(fromJson(codec, text(json)))).toEqual(codec.encode(message));
          const ours = codec.encode(message);
          const theirs = type.toObject(type.decode(ours), {
            longs: String,
            bytes: String,
            enums: String,
          });
          expect(dropZeros(JSON.parse(json))).toEqual(dropZeros(theirs));
        }),
        { numRuns: 15 },
      );
    }
  });

  test("is a message or a JsonError for any text", () => {
    const pieces = fc.constantFrom(...'{" " { } [ ] : , 1 - e null key compare \\u'.split(" "));
    const body = fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...CODECS), body, (codec, parts) => {
        try {
          decode(codec, parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("JsonValues", () => {
  const all = (body: string, cuts: readonly number[]): string[] => {
    const values = new JsonValues(1000);
    const found: Uint8Array[] = [];
    const bytes = text(body);
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
    let from = 0;
    for (const end of ends.toSorted((a, b) => a - b)) {
      found.push(...values.push(bytes.subarray(from, end)));
      from = end;
    }
    const last = values.end();
    if (last !== undefined) found.push(last);
    return found.map((value) => Buffer.from(value).toString().trim());
  };

  test("finds the same values wherever the text is cut", () => {
    const parts = ['{"ID":777}', '{"a":"}\\"{é"}', "[1,[2,{}]]", "true", '""', "12 ", "-1.5e3\n"];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...parts)),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (values, cuts) => {
          expect(all(values.join(""), cuts)).toEqual(values.map((value) => value.trim()));
        },
      ),
    );
  });

  test("refuses a text that ends inside a value, and one that is too long", () => {
    expect(() => all('{"ID":1}{"I', [3])).toThrow("unexpected EOF");
    expect(all("  ", [])).toEqual([]);
    expect(() => all(`"${"x".repeat(1000)}"`, [100, 200])).toThrow(
      new JsonError("JSON_TOO_LARGE", "JSON value is longer than 1000 bytes"),
    );
    expect(() => all(" ".repeat(1001), [500])).toThrow("longer than 1000 bytes");
  });
});

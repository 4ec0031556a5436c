import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockCache } from "../src/hpack/block-cache.ts";
import { HpackDecoder } from "../src/hpack/decoder.ts";
import { DynamicTable } from "../src/hpack/dynamic-table.ts";
import { EncodedBlock } from "../src/hpack/encoded-block.ts";
import { type HeaderField, HpackEncoder } from "../src/hpack/encoder.ts";
import { HeaderEntry } from "../src/hpack/header-entry.ts";
import { huffmanDecode, huffmanEncode, huffmanSize } from "../src/hpack/huffman.ts";
import { Flag, FrameType } from "../src/http2/frame.ts";
import { frame, RawClient, requestBlock } from "./raw-client.ts";
import { seed } from "./seed.ts";
import { serve } from "./test-server.ts";

fc.configureGlobal({ seed });

type Field = [name: string, value: string];

function decode(decoder: HpackDecoder, block: Uint8Array): Field[] {
  const fields: Field[] = [];
  decoder.decode(block, 0, block.length, { onField: (name, value) => fields.push([name, value]) });
  return fields;
}

/** RFC 7541 appendix C: header blocks of one connection, and the table's size after each. */
const REQUESTS: readonly [Field[], number][] = [
  [
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ],
    57,
  ],
  [
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
      ["cache-control", "no-cache"],
    ],
    110,
  ],
  [
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ],
    164,
  ],
];

const RESPONSES: readonly [Field[], number][] = [
  [
    [
      [":status", "302"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      ["location", "https://www.example.com"],
    ],
    222,
  ],
  [
    [
      [":status", "307"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      ["location", "https://www.example.com"],
    ],
    222,
  ],
  [
    [
      [":status", "200"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:22 GMT"],
      ["location", "https://www.example.com"],
      ["content-encoding", "gzip"],
      ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
    ],
    215,
  ],
];

describe("HpackDecoder: RFC 7541 appendix C", () => {
  const vectors: [string, number, readonly [Field[], number][], string[]][] = [
    [
      "C.3 requests without Huffman",
      4096,
      REQUESTS,
      [
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
      ],
    ],
    [
      "C.4 requests with Huffman",
      4096,
      REQUESTS,
      [
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
      ],
    ],
    [
      "C.5 responses without Huffman, evicting",
      256,
      RESPONSES,
      [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54" +
          "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        "4803333037c1c0bf",
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f" +
          "3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b" +
          "2076657273696f6e3d31",
      ],
    ],
    [
      "C.6 responses with Huffman, evicting",
      256,
      RESPONSES,
      [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f" +
          "0b97c8e9ae82ae43d3",
        "4883640effc1c0bf",
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335df" +
          "dfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
      ],
    ],
  ];
  test.each(vectors)("%s", (_name, tableBytes, expected, blocks) => {
    const decoder = new HpackDecoder(tableBytes);
    for (const [i, block] of blocks.entries()) {
      expect(decode(decoder, Buffer.from(block, "hex"))).toEqual(expected[i]![0]);
      expect(decoder.table.size).toBe(expected[i]![1]);
    }
  });

  test("C.2 literals: with, without and never indexing", () => {
    const decoder = new HpackDecoder();
    const custom = "400a637573746f6d2d6b65790d637573746f6d2d686561646572";
    expect(decode(decoder, Buffer.from(custom, "hex"))).toEqual([["custom-key", "custom-header"]]);
    expect(decoder.table.size).toBe(55);
    expect(decode(decoder, Buffer.from("040c2f73616d706c652f70617468", "hex"))).toEqual([
      [":path", "/sample/path"],
    ]);
    expect(decode(decoder, Buffer.from("100870617373776f726406736563726574", "hex"))).toEqual([
      ["password", "secret"],
    ]);
    expect(decoder.table.size).toBe(55);
  });
});

describe("HpackDecoder: what is malformed raises COMPRESSION_ERROR", () => {
  const cases: [string, string][] = [
    ["index 0", "80"],
    ["an index beyond the tables", "be"],
    ["a name index beyond the tables", "7f00"],
    ["an integer without an end", "ffffffffff"],
    ["an integer that is too large", "ffffffffffffff7f"],
    ["a string longer than the block", "400a6162"],
    ["a missing value", "4001"],
    ["a size update after a field", "8220"],
    ["a size update above the limit", "3fe21f"],
    ["Huffman padding of more than 7 bits", "0085f2b24a84ff874951fffffffa7f"],
    ["Huffman padding of zeros", "0085f2b24a84ff83497f00"],
    ["the EOS symbol", "0085f2b24a84ff8749510fffffffff"],
  ];
  test.each(cases)("%s", (_name, block) => {
    const decoder = new HpackDecoder();
    expect(() => decode(decoder, Buffer.from(block, "hex"))).toThrow(
      expect.objectContaining({ code: 0x9, streamId: 0 }),
    );
  });

  test("random bytes never raise anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (block) => {
        try {
          decode(new HpackDecoder(), block);
        } catch (error) {
          expect(error).toMatchObject({ name: "Http2Error", code: 0x9 });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const latin1 = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));

const headerField: fc.Arbitrary<HeaderField> = fc.record({
  name: fc.oneof(fc.constantFrom(":path", "content-type", "token", "a", "b"), latin1),
  value: fc.oneof(fc.constantFrom("", "/", "x", "200"), latin1),
  indexing: fc.constantFrom("index" as const, "plain" as const, "never" as const),
});

test("huffman: any bytes come back as they were", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString("latin1");
      const encoded = new Uint8Array(huffmanSize(text));
      expect(huffmanEncode(text, encoded, 0)).toBe(encoded.length);
      const decoded = new Uint8Array(bytes.length + 8);
      expect(huffmanDecode(encoded, 0, encoded.length, decoded)).toBe(bytes.length);
      expect(decoded.subarray(0, bytes.length)).toEqual(bytes);
    }),
  );
});

test("HpackEncoder: what it encodes decodes to the same, whatever the table went through", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.array(headerField, { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 6000 }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      for (const next of steps) {
        if (typeof next === "number") encoder.limitTable(next);
        else {
          const block = encoder.encode(next);
          expect(decode(decoder, block)).toEqual(next.map(({ name, value }) => [name, value]));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("EncodedBlock: a kept encoding means the same as a fresh one", () => {
  const lists = fc.array(fc.array(headerField, { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });
  const steps = fc.array(fc.oneof(fc.nat(3), fc.integer({ min: 10, max: 5000 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(lists, steps, (fields, order) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      const blocks = fields.map((list) => new EncodedBlock(list));
      for (const next of order) {
        if (next >= 10) encoder.limitTable(next);
        else {
          const i = next % blocks.length;
          const expected = fields[i]!.map(({ name, value }) => [name, value]);
          expect(decode(decoder, blocks[i]!.bytes(encoder))).toEqual(expected);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("BlockCache: with it, a connection reads what it reads without it", () => {
  const lists = fc.array(fc.array(headerField, { maxLength: 5 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(lists, fc.array(fc.nat(4), { maxLength: 60 }), (fields, order) => {
      const encoder = new HpackEncoder();
      const plain = new HpackDecoder();
      const caching = new HpackDecoder();
      const cache = new BlockCache<Field[]>();
      let hits = 0;
      for (const next of order) {
        const block = encoder.encode(fields[next % fields.length]!);
        const generation = caching.table.generation;
        let read = cache.find(block, 0, block.length, generation);
        if (read !== undefined) hits++;
        else {
          read = decode(caching, block);
          if (caching.table.generation === generation) {
            cache.add(block, 0, block.length, generation, read);
          }
        }
        expect(read).toEqual(decode(plain, block));
      }
      if (fields.length === 1 && order.length > 10 && plain.table.size === 0) {
        expect(hits).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});

test("DynamicTable: holds what fits exactly, evicts the oldest for one byte more", () => {
  const table = new DynamicTable();
  const entry = new HeaderEntry("name", "value");
  table.resize(2 * entry.size);
  table.insert(entry);
  table.insert(entry);
  expect([table.length, table.size]).toEqual([2, 2 * entry.size]);
  table.insert(new HeaderEntry("name", "value2"));
  expect([table.length, table.get(62)?.value, table.get(63)]).toEqual([1, "value2", undefined]);
  table.insert(new HeaderEntry("n", "v".repeat(200)));
  expect([table.length, table.size]).toEqual([0, 0]);
});

test("BlockCache: the same byte means something else after an insertion", async () => {
  const peer = await serve();
  const seen: (string | undefined)[] = [];
  peer.services.unary("/b.B/See", (request, call) => {
    seen.push(call.metadata.get("token"));
    call.reply(request);
  });
  const insert = (value: string): Buffer =>
    Buffer.concat([
      Buffer.from([0x40, 5]),
      Buffer.from("token"),
      Buffer.of(value.length),
      Buffer.from(value),
    ]);
  const client = new RawClient(peer.port).open();
  const base = requestBlock("/b.B/See");
  const newest = Buffer.of(0xbe);
  const blocks = [insert("one"), newest, newest, insert("two"), newest, newest];
  for (const [i, token] of blocks.entries()) {
    client.send(
      frame(FrameType.HEADERS, Flag.END_HEADERS, 2 * i + 1, Buffer.concat([base, token])),
      frame(FrameType.DATA, Flag.END_STREAM, 2 * i + 1, Buffer.alloc(5)),
    );
  }
  await client.until(() => seen.length === blocks.length);
  client.socket.destroy();
  await peer.close();
  expect(seen).toEqual(["one", "one", "one", "two", "two", "two"]);
});

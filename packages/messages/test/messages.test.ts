import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AS_TEXT, arbitraryOf, dropZeros, schemas } from "./support/schemas.ts";
import { WireError } from "@nodetcd/bytes";
import * as messages from "@nodetcd/messages";
import {
  Compare,
  ConfState,
  InternalRaftRequest,
  KeyValue,
  Member,
  RaftMessage,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from "@nodetcd/messages";

const here = dirname(fileURLToPath(import.meta.url));

interface AnyCodec {
  readonly name: string;
  decode(bytes: Uint8Array): object;
  encode(message: never): Uint8Array;
}

function allCodecs(): AnyCodec[] {
  return Object.values(messages).flatMap((value) =>
    typeof value === "object" && "decode" in value && "encode" in value ? [value as AnyCodec] : [],
  );
}

test("src/generated is what npm run generate writes today", () => {
  const folder = mkdtempSync(join(tmpdir(), "generated-"));
  try {
    execFileSync(
      process.execPath,
      ["--import", "tsx", join(here, "../scripts/generate.ts"), folder],
      { stdio: "pipe" },
    );
    const committed = join(here, "../src/generated");
    expect(readdirSync(folder)).toEqual(readdirSync(committed));
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), "utf8")).toBe(
        readFileSync(join(committed, file), "utf8"),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("generated codecs", () => {
  test("agree with protobufjs on random messages of every type, both ways", () => {
    const root = schemas();
    const codecs = allCodecs();
    expect(codecs.length).toBeGreaterThan(120);
    for (const codec of codecs) {
      const type = root.lookupType(codec.name);
      fc.assert(
        fc.property(arbitraryOf(type, 3), (plain) => {
          const theirs = type.encode(type.fromObject(plain)).finish();
          const decoded = codec.decode(theirs);
          const ours = codec.encode(decoded as never);
          expect(codec.encode(codec.decode(ours) as never)).toEqual(ours);
          expect(dropZeros(type.toObject(type.decode(ours), AS_TEXT))).toEqual(
            dropZeros(type.toObject(type.decode(theirs), AS_TEXT)),
          );
        }),
        { numRuns: 15 },
      );
    }
  });

  test("answer any bytes with a message or a WireError", () => {
    const codecs = allCodecs();
    fc.assert(
      fc.property(fc.nat(codecs.length - 1), fc.uint8Array({ maxLength: 64 }), (which, bytes) => {
        try {
          codecs[which]!.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test("refuse messages nested without end instead of overflowing the stack", () => {
    let nested: Uint8Array = new Uint8Array(0);
    for (let depth = 0; depth < 12_000; depth++) {
      const inner = Buffer.concat([Buffer.from([0x22]), lengthOf(nested.length), nested]);
      nested = Buffer.concat([Buffer.from([0x12]), lengthOf(inner.length), inner]);
    }
    expect(() => TxnRequest.decode(nested)).toThrow(WireError);
  });

  test("keep ids as bigint and counters as number", () => {
    const kv = KeyValue.decode(KeyValue.encode({ modRevision: 2 ** 40, lease: -5n }));
    expect(kv.modRevision).toBe(2 ** 40);
    expect(kv.lease).toBe(-5n);
  });

  test("tell an absent oneof member from a zero one", () => {
    const compare = Compare.decode(Compare.encode({ version: 0 }));
    expect(compare.version).toBe(0);
    expect(compare.modRevision).toBeUndefined();
  });

  test("keep of a oneof the member that came last", () => {
    const put = RequestOp.encode({ requestPut: { key: Buffer.from("k") } });
    const range = RequestOp.encode({ requestRange: { key: Buffer.from("k") } });
    const both = RequestOp.decode(Buffer.concat([put, range]));
    expect([both.requestPut, both.requestRange?.key.length]).toEqual([undefined, 1]);
  });

  test("merge a message that comes twice in one field", () => {
    const first = TxnResponse.encode({ header: { clusterId: 1n, revision: 7 } });
    const second = TxnResponse.encode({ header: { revision: 8 } });
    const { header } = TxnResponse.decode(Buffer.concat([first, second]));
    expect([header?.clusterId, header?.revision]).toEqual([1n, 8]);
  });

  test("keep the byte order mark of a text", () => {
    const name = "\ufeffname";
    expect(Member.decode(Member.encode({ name })).name).toBe(name);
  });

  test("refuse a packed list whose last number goes beyond its end", () => {
    expect(() => ConfState.decode(Buffer.from("0a01808001", "hex"))).toThrow(WireError);
  });

  test("write fields in ascending order and leave zeros out, as etcd's stored bytes need", () => {
    const encoded = KeyValue.encode({
      lease: 3n,
      value: Buffer.from("v"),
      version: 1,
      modRevision: 2,
      createRevision: 2,
      key: Buffer.from("k"),
    });
    expect(Buffer.from(encoded).toString("hex")).toBe("0a016b1002180220012a01763003");
    expect(KeyValue.encode({ key: Buffer.from("k") })).toHaveLength(3);
  });

  test("refuse an unknown value of a closed enum", () => {
    expect(() => RaftMessage.decode(new Uint8Array([0x08, 99]))).toThrow(WireError);
  });

  test("place the request header at field 100", () => {
    const encoded = InternalRaftRequest.encode({ header: { id: 1n } });
    expect(Buffer.from(encoded).toString("hex")).toBe("a206020801");
  });
});

function lengthOf(length: number): Buffer {
  const bytes: number[] = [];
  for (; length >= 0x80; length = Math.floor(length / 128)) bytes.push((length & 0x7f) | 0x80);
  return Buffer.from([...bytes, length]);
}

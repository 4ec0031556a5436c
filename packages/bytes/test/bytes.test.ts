import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareBytes,
  concatBytes,
  crc32c,
  equalBytes,
  fnv1a64,
  prefixEnd,
  startsWith,
  varintSize,
  WireError,
  WireReader,
  WireWriter,
} from "@nodetcd/bytes";

const bytes = fc.uint8Array({ maxLength: 60 });

describe("compareBytes()", () => {
  test("orders as Buffer.compare does", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
  });

  test("sorts a prefix before what it is a prefix of", () => {
    expect(compareBytes(new Uint8Array(3), new Uint8Array(4))).toBeLessThan(0);
    expect(compareBytes(new Uint8Array(30), new Uint8Array(31))).toBeLessThan(0);
  });
});

test("prefixEnd() is above every key with the prefix and not above the next prefix", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), bytes, (prefix, rest) => {
      const end = prefixEnd(prefix);
      const key = concatBytes([prefix, rest]);
      expect(startsWith(key, prefix)).toBe(true);
      if (prefix.every((byte) => byte === 0xff)) expect([...end]).toEqual([0]);
      else expect(compareBytes(key, end)).toBeLessThan(0);
    }),
  );
  expect([...prefixEnd(new Uint8Array([0x61, 0xff]))]).toEqual([0x62]);
});

test("prefixEnd() leaves its argument as it is, a Buffer too", () => {
  const prefix = Buffer.from("a/");
  expect(Buffer.from(prefixEnd(prefix)).toString()).toBe("a0");
  expect(prefix.toString()).toBe("a/");
});

describe("crc32c()", () => {
  test("gives the sums of RFC 3720 appendix B.4", () => {
    expect(crc32c(0, new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(0, new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(
      crc32c(
        0,
        Uint8Array.from({ length: 32 }, (_, i) => i),
      ),
    ).toBe(0x46dd794e);
    expect(crc32c(0, Buffer.from("123456789"))).toBe(0xe3069283);
  });

  test("continues over pieces as over the whole", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(crc32c(crc32c(0, a), b)).toBe(crc32c(0, concatBytes([a, b])));
      }),
    );
  });
});

test("fnv1a64() agrees with the definition over bigints", () => {
  const naive = (input: Uint8Array): bigint => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of input) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    return hash;
  };
  fc.assert(
    fc.property(bytes, (input) => {
      expect(fnv1a64(input)).toBe(naive(input));
    }),
  );
});

describe("WireWriter and WireReader", () => {
  const counter = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

  test("give back every counter, id and int32 that was written", () => {
    fc.assert(
      fc.property(
        counter,
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.integer(),
        (n, id, i) => {
          const writer = new WireWriter(1);
          writer.counter(n);
          writer.uint64(id);
          writer.int32(i);
          const reader = new WireReader(writer.finish());
          expect([reader.counter(), reader.uint64(), reader.int32()]).toEqual([n, id, i]);
          expect(reader.done).toBe(true);
        },
      ),
    );
  });

  test("put the length before nested parts of any size", () => {
    for (const size of [0, 1, 127, 128, 16_383, 16_384, 70_000]) {
      const writer = new WireWriter(8);
      const outer = writer.beginDelimited();
      const inner = writer.beginDelimited();
      writer.raw(new Uint8Array(size).fill(7));
      writer.endDelimited(inner);
      writer.endDelimited(outer);
      const reader = new WireReader(writer.finish());
      const whole = new WireReader(reader.view());
      const content = whole.view();
      expect(content.length).toBe(size);
      expect(whole.done && reader.done).toBe(true);
      expect(content.every((byte) => byte === 7)).toBe(true);
    }
  });

  test("hand out memory that later writing does not change", () => {
    const writer = new WireWriter();
    writer.raw(new Uint8Array([1, 2, 3]));
    const first = writer.finish();
    writer.raw(new Uint8Array([9, 9, 9]));
    expect(equalBytes(first, new Uint8Array([1, 2, 3]))).toBe(true);
  });

  test("copy what was written, and forget its end", () => {
    const writer = new WireWriter();
    writer.raw(new Uint8Array([1, 2, 3]));
    const target = new Uint8Array(5);
    writer.copyTo(target, 1);
    writer.truncate(1);
    writer.raw(new Uint8Array([4]));
    expect(target).toEqual(new Uint8Array([0, 1, 2, 3, 0]));
    expect(equalBytes(writer.finish(), new Uint8Array([1, 4]))).toBe(true);
    expect(() => writer.truncate(1)).toThrow("so much was not written");
  });

  test("keep no memory of a long message, and hand out its very bytes", () => {
    const writer = new WireWriter();
    for (const size of [5_000_000, 1_100_000, 10]) {
      const part = new Uint8Array(size).fill(size % 251);
      writer.raw(part);
      const first = writer.finish();
      expect(writer.capacity).toBeLessThanOrEqual(1024 * 1024);
      writer.raw(new Uint8Array(size).fill(255));
      expect(equalBytes(first, part)).toBe(true);
      writer.reset();
      expect(writer.capacity).toBeLessThanOrEqual(1024 * 1024);
    }
  });

  test("refuse a counter beyond a safe integer, and clamp it where asked", () => {
    const writer = new WireWriter();
    writer.uint64(2n ** 63n - 1n);
    const encoded = writer.finish();
    expect(() => new WireReader(encoded).counter()).toThrow(WireError);
    expect(new WireReader(encoded).clampedCounter()).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("never read beyond the end, whatever the input", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        const reader = new WireReader(input);
        try {
          while (!reader.done) reader.skip(reader.tag());
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
        expect(reader.position).toBeLessThanOrEqual(input.length);
      }),
      { numRuns: 2000 },
    );
  });

  // What this accepts goes into the log as it came, and etcd stops at an entry that it cannot read.
  test.each([
    ["a tag beyond 32 bits", "8a8080801000"],
    ["a length beyond 32 bits", "0a808080801061"],
    ["a varint beyond 64 bits", "0880808080808080808002"],
    ["a group that ends as another one", "0b0801" + "14"],
    ["a group without an end", "0b0801"],
  ])("refuse %s", (_what, hex) => {
    const input = Buffer.from(hex, "hex");
    const reader = new WireReader(input);
    expect(() => reader.skip(reader.tag())).toThrow(WireError);
  });

  test("step over a group with groups in it", () => {
    const reader = new WireReader(Buffer.from("0b13120161140c", "hex"));
    reader.skip(reader.tag());
    expect(reader.done).toBe(true);
  });

  test("varintSize() is what the writer writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (value) => {
        const writer = new WireWriter();
        writer.counter(value);
        expect(varintSize(value)).toBe(writer.length);
      }),
    );
  });
});

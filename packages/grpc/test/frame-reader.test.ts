import fc from "fast-check";
import { expect, test } from "vitest";
import { writeFrameHeader } from "../src/http2/frame.ts";
import { FrameReader } from "../src/http2/frame-reader.ts";
import { seed } from "./seed.ts";

fc.configureGlobal({ seed });

interface Frame {
  type: number;
  flags: number;
  id: number;
  payload: Uint8Array;
}

const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.nat(12),
  flags: fc.nat(255),
  id: fc.nat(0x7fff_ffff),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.uint8Array({ minLength: 900, maxLength: 1000 }),
  ),
});

function encode({ type, flags, id, payload }: Frame): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, id);
  bytes.set(payload, 9);
  return bytes;
}

test("FrameReader: however the stream is cut, the frames are the same", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(encode));
        const read: Frame[] = [];
        const reader = new FrameReader({
          closing: false,
          onFrame: (type, flags, id, bytes, start, end) =>
            read.push({ type, flags, id, payload: Uint8Array.from(bytes.subarray(start, end)) }),
        });
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = cuts[i % cuts.length]!;
          reader.read(stream.subarray(at, at + length));
          at += length;
        }
        expect(read).toEqual(
          frames.map((one) => ({ ...one, payload: Uint8Array.from(one.payload) })),
        );
      },
    ),
  );
});

test("FrameReader: a frame inside one chunk is not copied", () => {
  const chunk = Buffer.concat([encode({ type: 0, flags: 0, id: 1, payload: Buffer.from("abc") })]);
  let lent: Uint8Array | undefined;
  const reader = new FrameReader({ closing: false, onFrame: (...args) => (lent = args[3]) });
  reader.read(chunk);
  expect(lent).toBe(chunk);
});

test("FrameReader: a frame over 16,384 bytes is FRAME_SIZE_ERROR before its payload comes", () => {
  const reader = new FrameReader({ closing: false, onFrame: () => undefined });
  const header = Buffer.alloc(9);
  writeFrameHeader(header, 0, 16_385, 0, 0, 1);
  expect(() => reader.read(header)).toThrow(expect.objectContaining({ code: 0x6 }));
});

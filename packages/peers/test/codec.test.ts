import { WireError } from "@nodetcd/bytes";
import { EntryType, MessageType, NO_BYTES, RaftMessage } from "@nodetcd/messages";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AppendDecoder, AppendEncoder } from "../src/codec/append-stream.ts";
import { FrameWriter } from "../src/codec/frame-writer.ts";
import {
  MessageDecoder,
  MessageEncoder,
  type StreamDecoder,
  type StreamEncoder,
} from "../src/codec/message-stream.ts";
import { PeerError } from "../src/errors.ts";

const ids = { from: 0x11n, to: 0x22n };

function message(more: Partial<RaftMessage>): RaftMessage {
  return { ...RaftMessage.create(), from: ids.from, to: ids.to, ...more };
}

/** What a chunk holds, without its line and its end. */
function contentOf(frames: FrameWriter): Buffer {
  const chunk = Buffer.from(frames.finish());
  const length = Number.parseInt(chunk.toString("latin1", 0, 8), 16);
  expect(chunk.toString("latin1", 8, 10)).toBe("\r\n");
  expect(chunk.length).toBe(length + 12);
  return chunk.subarray(10, 10 + length);
}

interface Received {
  readonly messages: RaftMessage[];
  linkHeartbeats: number;
}

function decoderInto(kind: "append" | "message"): [StreamDecoder, Received] {
  const received: Received = { messages: [], linkHeartbeats: 0 };
  const receiver = {
    onMessage: (one: RaftMessage) => void received.messages.push(one),
    onLinkHeartbeat: () => void received.linkHeartbeats++,
  };
  return [
    kind === "append" ? new AppendDecoder(receiver, ids) : new MessageDecoder(receiver),
    received,
  ];
}

/** Feeds in pieces of the given sizes, over and over. */
function feedInPieces(decoder: StreamDecoder, bytes: Uint8Array, sizes: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]!;
    decoder.feed(Uint8Array.from(bytes.subarray(at, at + size)));
    at += size;
  }
}

test("AppendEncoder: the bytes that real etcd was seen to send", () => {
  const frames = new FrameWriter();
  const encoder = new AppendEncoder();
  const entry = { type: EntryType.EntryNormal, term: 2, index: 4, data: NO_BYTES };
  encoder.message(
    frames,
    message({
      type: MessageType.MsgApp,
      term: 2,
      logTerm: 1,
      index: 3,
      commit: 3,
      entries: [entry],
    }),
  );
  encoder.message(
    frames,
    message({ type: MessageType.MsgApp, term: 2, logTerm: 2, index: 4, commit: 4 }),
  );
  encoder.linkHeartbeat(frames);
  expect(contentOf(frames).toString("hex")).toBe(
    "02" +
      "0000000000000014" +
      "0803" +
      "1022" +
      "1811" +
      "2002" +
      "2801" +
      "3003" +
      "3a0410021804" +
      "4003" +
      ("01" + "0000000000000000" + "0000000000000004") +
      "00",
  );
});

test("MessageEncoder: link heartbeat and length as real etcd has them", () => {
  const frames = new FrameWriter();
  const encoder = new MessageEncoder();
  encoder.linkHeartbeat(frames);
  expect(contentOf(frames).toString("hex")).toBe("0000000000000002" + "0808");
  const [decoder, received] = decoderInto("message");
  // Etcd 3.6 writes zeros out.
  decoder.feed(
    Buffer.from(
      "0000000000000014" + "08081000180020002800300040005000580068 00".replaceAll(" ", ""),
      "hex",
    ),
  );
  expect(received).toEqual({ messages: [], linkHeartbeats: 1 });
});

const counter = fc.integer({ min: 0, max: 2 ** 40 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((data) => (data.length === 0 ? NO_BYTES : data));
const entries = fc.array(
  fc.record({
    type: fc.constant(EntryType.EntryNormal),
    term: counter,
    index: counter,
    data: bytes,
  }),
  { maxLength: 4 },
);

/** Appends of a log as a leader sends them, now and then out of order. */
const appends = fc
  .array(fc.record({ count: fc.nat(3), jump: fc.nat(9), commit: counter, data: bytes }), {
    maxLength: 12,
  })
  .map((steps) => {
    let index = 7;
    let term = 3;
    return steps.map(({ count, jump, commit, data }) => {
      const logTerm = term;
      if (jump === 0) term++;
      if (jump === 1) index += 5;
      // Sent again.
      if (jump === 2) index -= 2;
      const first = index;
      const added = Array.from({ length: count }, () => ({
        type: EntryType.EntryNormal,
        term,
        index: ++index,
        data,
      }));
      return message({
        type: MessageType.MsgApp,
        term,
        logTerm,
        index: first,
        commit,
        entries: added,
      });
    });
  });

const anything = fc.array(
  fc
    .record({
      type: fc.constantFrom(MessageType.MsgHeartbeat, MessageType.MsgAppResp, MessageType.MsgProp),
      term: counter,
      index: counter,
      reject: fc.boolean(),
      entries,
      context: bytes,
    })
    .map(message),
  { maxLength: 12 },
);

function roundTrip(
  kind: "append" | "message",
  sent: RaftMessage[],
  sizes: number[],
): RaftMessage[] {
  const encoder: StreamEncoder = kind === "append" ? new AppendEncoder() : new MessageEncoder();
  const [decoder, received] = decoderInto(kind);
  const frames = new FrameWriter();
  for (const one of sent) {
    encoder.message(frames, one);
    encoder.linkHeartbeat(frames);
  }
  if (sent.length > 0) feedInPieces(decoder, contentOf(frames), sizes);
  expect(received.linkHeartbeats).toBe(sent.length);
  return received.messages;
}

/** By their bytes: it does not matter which kind of array they are in. */
const shown = (all: RaftMessage[]): string[] =>
  all.map((one) => Buffer.from(RaftMessage.encode(one)).toString("hex"));

const pieces = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 6 });

test("AppendDecoder, MessageDecoder: give back what was sent, however it is cut", () => {
  fc.assert(
    fc.property(appends, pieces, (sent, sizes) => {
      expect(shown(roundTrip("append", sent, sizes))).toEqual(shown(sent));
    }),
  );
  fc.assert(
    fc.property(anything, pieces, (sent, sizes) => {
      expect(shown(roundTrip("message", sent, sizes))).toEqual(shown(sent));
    }),
  );
});

test("decoders: whatever the bytes are, they are messages or a BAD_FRAME", () => {
  const check = (kind: "append" | "message", input: Uint8Array, sizes: number[]): void => {
    const [decoder] = decoderInto(kind);
    try {
      feedInPieces(decoder, input, sizes);
    } catch (error) {
      expect(
        error instanceof WireError || (error instanceof PeerError && error.code === "BAD_FRAME"),
        String(error),
      ).toBe(true);
    }
  };
  const noise = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, 0x7f, 0xff), fc.nat(255)), {
    maxLength: 200,
  });
  for (const kind of ["append", "message"] as const) {
    fc.assert(
      fc.property(noise, pieces, (input, sizes) => check(kind, Uint8Array.from(input), sizes)),
      { numRuns: 2000 },
    );
    // Sound frames with one byte that is not.
    fc.assert(
      fc.property(appends, fc.nat(), fc.nat(255), pieces, (sent, place, value, sizes) => {
        if (sent.length === 0) return;
        const frames = new FrameWriter();
        const encoder = kind === "append" ? new AppendEncoder() : new MessageEncoder();
        for (const one of sent) encoder.message(frames, one);
        const content = contentOf(frames);
        content[place % content.length] = value;
        check(kind, content, sizes);
      }),
      { numRuns: 1000 },
    );
  }
});

test("decoders: a length beyond the limit is refused before anything is collected", () => {
  const half = (head: string, length: bigint): Buffer => {
    const bytes8 = Buffer.alloc(8);
    bytes8.writeBigUInt64BE(length);
    return Buffer.concat([Buffer.from(head, "hex"), bytes8]);
  };
  const limit = 512n * 1024n * 1024n;
  for (const [kind, head] of [
    ["message", ""],
    ["append", "02"],
    ["append", "010000000000000001"],
  ] as const) {
    expect(() => decoderInto(kind)[0].feed(half(head, limit))).not.toThrow();
    for (const length of [limit + 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      expect(() => decoderInto(kind)[0].feed(half(head, length)), `${kind} ${length}`).toThrow(
        PeerError,
      );
    }
  }
  // A million empty entries cost eight bytes each on the wire, and much more in memory.
  expect(() => decoderInto("append")[0].feed(half("01", 1024n * 1024n + 1n))).toThrow(
    "number of entries",
  );
});

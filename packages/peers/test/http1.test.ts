import fc from "fast-check";
import { expect, test } from "vitest";
import { PeerError } from "../src/errors.ts";
import { Http1Parser } from "../src/http1/message-parser.ts";

/** What a parser tells, as text; goes on after each message. */
function parse(
  kind: "request" | "response",
  input: Uint8Array,
  sizes: readonly number[],
  end = false,
): string[] {
  const told: string[] = [];
  const parser = new Http1Parser(kind, {
    onHead: ({ startLine, headers }) =>
      void told.push(`${startLine} ${[...headers].map(String).join(" ")}`),
    onBody: (bytes) => {
      const text = Buffer.from(bytes).toString("latin1");
      if (told.at(-1)?.startsWith("body:")) told[told.length - 1] += text;
      else told.push(`body:${text}`);
    },
    onEnd: () => {
      told.push("end");
      parser.next();
    },
  });
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes.length === 0 ? input.length : sizes[i % sizes.length]!;
    parser.feed(Uint8Array.from(input.subarray(at, at + size)));
    at += size;
  }
  if (end) parser.end();
  return told;
}

const requests =
  "POST /raft HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" +
  "GET /x HTTP/1.1\r\nA: 1\r\na:  2 \r\n\r\n" +
  "POST /s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n000006\r\n world\r\n0\r\nTrailer: x\r\n\r\n" +
  "POST /e HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
const toldOfRequests = [
  "POST /raft HTTP/1.1 host,a content-length,5",
  "body:hello",
  "end",
  "GET /x HTTP/1.1 a,1, 2",
  "end",
  "POST /s HTTP/1.1 transfer-encoding,chunked",
  "body:hello world",
  "end",
  "POST /e HTTP/1.1 content-length,0",
  "end",
];

test("Http1Parser: the same messages however they are cut", () => {
  const input = Buffer.from(requests);
  expect(parse("request", input, [])).toEqual(toldOfRequests);
  const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, (sizes) => {
      expect(parse("request", input, sizes)).toEqual(toldOfRequests);
    }),
  );
});

test("Http1Parser: a body without a length goes to the end of the connection, in replies alone", () => {
  expect(parse("response", Buffer.from("HTTP/1.1 200 OK\r\n\r\nall of it"), [], true)).toEqual([
    "HTTP/1.1 200 OK ",
    "body:all of it",
    "end",
  ]);
  expect(parse("response", Buffer.from("HTTP/1.1 204 No Content\r\n\r\n"), [], true)).toEqual([
    "HTTP/1.1 204 No Content ",
    "end",
  ]);
  expect(() =>
    parse("response", Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nall"), [], true),
  ).toThrow("unexpected EOF");
});

test("Http1Parser: what could be understood in two ways, or has no end, is refused", () => {
  const bad = [
    "GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
    "GET / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
    "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    "GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nA : 1\r\n\r\n",
    "GET / HTTP/1.1\r\nno colon\r\n\r\n",
    "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
    "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + "1".repeat(300),
    "GET / HTTP/1.1\r\nA: " + "x".repeat(17_000),
  ];
  for (const text of bad) {
    for (const sizes of [[], [1]]) {
      expect(() => parse("request", Buffer.from(text), sizes), text.slice(0, 80)).toThrow(
        PeerError,
      );
    }
  }
});

test("Http1Parser: whatever the bytes are, they are messages or BAD_HTTP", () => {
  const sound = Buffer.from(requests);
  const changed = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(changed, (changes) => {
      const input = Buffer.from(sound);
      for (const [place, value] of changes) input[place] = value;
      try {
        parse("request", input, [7]);
      } catch (error) {
        expect(error instanceof PeerError && error.code === "BAD_HTTP", String(error)).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

/** Range, RangeStream, Put, DeleteRange, Compact at their edges. */
import {
  CompactionResponse,
  DeleteRangeResponse,
  METHODS,
  PutResponse,
  RangeResponse,
} from "@nodetcd/messages";
import { type Case, EDGES, INT64_MIN, MALFORMED, Method } from "../case.ts";
import { type Field, hex, message } from "../wire.ts";

export const RANGE: Method<RangeResponse> = new Method(METHODS.KV.Range);
const RANGE_STREAM = new Method(METHODS.KV.RangeStream);
export const PUT: Method<PutResponse> = new Method(METHODS.KV.Put);
export const DELETE: Method<DeleteRangeResponse> = new Method(METHODS.KV.DeleteRange);
export const COMPACT: Method<CompactionResponse> = new Method(METHODS.KV.Compact);

const text = (value: string): Field => [1, value];
const end = (value: string): Field => [2, value];

/** Keys a, b, b/1, c with a history, some of it compacted. */
export const PRELUDE: readonly Case[] = [
  ...["a", "b", "b/1", "c", "\xff"].map((key) => PUT.call(key, message(text(key), end("1")))),
  PUT.call("a again", message(text("a"), end("2"))),
  DELETE.call("c", message(text("c"))),
  PUT.call("c again", message(text("c"), end("3"))),
  COMPACT.call("some of it", message([1, 4], [2, 1])),
];

const RANGE_FIELDS: readonly (readonly [name: string, number: number])[] = [
  ["limit", 3],
  ["revision", 4],
  ["sort_order", 5],
  ["sort_target", 6],
  ["serializable", 7],
  ["keys_only", 8],
  ["count_only", 9],
  ["min_mod_revision", 10],
  ["max_mod_revision", 11],
  ["min_create_revision", 12],
  ["max_create_revision", 13],
];

const ALL = [text("\0"), end("\0")] as const;

const RANGES: readonly (readonly [name: string, ...fields: Field[]])[] = [
  ["nothing given"],
  ["no key, an end", end("b")],
  ["no key, everything", end("\0")],
  ["everything", ...ALL],
  ["from a key", text("b"), end("\0")],
  ["an end before the key", text("c"), end("a")],
  ["an end that is the key", text("b"), end("b")],
  ["an end that is a prefix of the key", text("b/1"), end("b")],
  ["the key 0", text("\0")],
  ["a key of zeros", text("\0\0"), end("\0")],
  ["a key that is not UTF-8", [1, Uint8Array.of(0xff, 0xfe, 0)]],
  ["a key of 70,000 bytes", text("k".repeat(70_000))],
  ["a key given twice", text("a"), text("b")],
  ["a key and an empty key", text("a"), text("")],
  ["a limit of one of many", ...ALL, [3, 1]],
  ["a count with a limit", ...ALL, [3, 1], [9, 1]],
  ["a count without keys", ...ALL, [8, 1], [9, 1]],
  ["keys only, by value", ...ALL, [8, 1], [5, 2], [6, 4]],
  ["a bool of 2", ...ALL, [9, 2]],
  ["the compacted revision", ...ALL, [4, 4]],
  ["below the compacted revision", ...ALL, [4, 3]],
  ["the next revision", ...ALL, [4, 10]],
  ["bounds that exclude each other", ...ALL, [10, 9], [11, 2]],
  ["a bound and a limit", ...ALL, [11, 7], [3, 1]],
  ["a bound and a count", ...ALL, [11, 7], [9, 1]],
  ["unknown fields after the key", text("a"), [900, 1], [901, "x"]],
  ["a number where the key should be", [1, 5], text("a")],
];

function rangeCases<Reply>(method: Method<Reply>): Case[] {
  const edges = RANGE_FIELDS.flatMap(([name, number]) =>
    [-5n, 5n, 9n, ...EDGES].map((edge) =>
      method.call(`${name} ${edge}`, message(...ALL, [number, edge])),
    ),
  );
  return [
    ...RANGES.map(([name, ...fields]) => method.call(name, message(...fields))),
    ...edges,
    ...malformed(method),
  ];
}

/** After a field that makes the request sound otherwise. */
export function malformed<Reply>(
  method: Method<Reply>,
  start: Uint8Array = message(text("a")),
): Case[] {
  return MALFORMED.map(([name, bytes]) => method.call(name, Buffer.concat([start, hex(bytes)])));
}

const PUTS: readonly (readonly [name: string, ...fields: Field[]])[] = [
  ["nothing given"],
  ["no key", end("v")],
  ["the key 0", text("\0"), end("v")],
  ["a key that is not UTF-8", [1, Uint8Array.of(0xff, 0xfe)], end("v")],
  ["a key of 40,000 bytes", text("k".repeat(40_000)), end("v")],
  ["no value", text("e")],
  ["ignore_value and a value", text("a"), end("v"), [5, 1]],
  ["ignore_value of a missing key", text("missing"), [5, 1]],
  ["ignore_lease and a lease", text("a"), end("v"), [3, 5], [6, 1]],
  ["ignore_lease of a missing key", text("missing"), end("v"), [6, 1]],
  ["both ignored", text("a"), [5, 1], [6, 1], [4, 1]],
  ["prev_kv of a new key", text("new"), end("v"), [4, 1]],
  ["an unknown lease", text("a"), end("v"), [3, 12_345]],
  ...EDGES.map((edge) => [`lease ${edge}`, text("a"), end("v"), [3, edge] as Field] as const),
  ["a value given twice", text("a"), end("x"), end("y"), [4, 1]],
  ["unknown fields", text("a"), end("z"), [900, "x"], [4, 1]],
  ["a request of just 1.5 MiB", text("big"), end("v".repeat(1_572_864 - 9))],
  ["a request of one byte more", text("big"), end("v".repeat(1_572_864 - 8))],
  ["a request beyond what gRPC takes", text("big"), end("v".repeat(2_097_152))],
  ["a request of 5 MiB", text("big"), end("v".repeat(5 << 20))],
];

const DELETES: readonly (readonly [name: string, ...fields: Field[]])[] = [
  ["nothing given"],
  ["no key, an end", end("b")],
  ["no key, everything", end("\0")],
  ["an end before the key", text("c"), end("a")],
  ["an end that is the key", text("b"), end("b")],
  ["a missing key", text("missing"), [3, 1]],
  ["an empty range", text("x"), end("y"), [3, 1]],
  ["the key 0", text("\0"), [3, 1]],
  ["the large key", text("big")],
  ["from a key", text("e"), end("\0")],
];

export const KV_CASES: readonly Case[] = [
  ...rangeCases(RANGE),
  ...rangeCases(RANGE_STREAM),
  RANGE_STREAM.converse("no end after the request", message(text("a"))),
  RANGE_STREAM.call("no request"),
  RANGE_STREAM.call("two requests", message(text("a")), message(text("b"))),
  RANGE_STREAM.call("sorted the way it is anyway", message(...ALL, [5, 1], [6, 0])),
  ...[1n, 2n, 3n, 4n, 6n, 100n].map((n) =>
    RANGE_STREAM.call(`a limit of ${n} of all`, message(...ALL, [3, n])),
  ),
  ...PUTS.map(([name, ...fields]) => PUT.call(name, message(...fields))),
  ...malformed(PUT),
  ...DELETES.map(([name, ...fields]) => DELETE.call(name, message(...fields))),
  ...malformed(DELETE, message(text("missing"))),
  RANGE.call("what is left", message(...ALL, [8, 1])),
];

export const COMPACT_CASES: readonly Case[] = [
  COMPACT.call("nothing given", message()),
  ...[0n, 1n, 4n, 5n, 5n, ...EDGES].map((edge) =>
    COMPACT.call(`revision ${edge}`, message([1, edge])),
  ),
  ...[INT64_MIN, 5n, 6n].map((edge) =>
    COMPACT.call(`revision ${edge}, physical`, message([1, edge], [2, 1])),
  ),
  ...malformed(COMPACT, message([1, 5])),
  COMPACT.call("after them", message([1, 7])),
  RANGE.call("at the compacted revision", message(...ALL, [4, 7], [8, 1])),
  RANGE.call("below the compacted revision", message(...ALL, [4, 6], [8, 1])),
];

/** Transactions at their edges. */
import { METHODS, TxnResponse } from "@nodetcd/messages";
import { type Case, EDGES, Method } from "../case.ts";
import { type Field, message } from "../wire.ts";
import { malformed } from "./kv.ts";

export const TXN: Method<TxnResponse> = new Method(METHODS.KV.Txn);

const COMPARE = 1;
const SUCCESS = 2;
const FAILURE = 3;

const range = (...fields: Field[]): Uint8Array => message([1, message(...fields)]);
const put = (key: string, value = "v", ...fields: Field[]): Uint8Array =>
  message([2, message([1, key], [2, value], ...fields)]);
const remove = (key: string, end = ""): Uint8Array => message([3, message([1, key], [2, end])]);
const nested = (...fields: Field[]): Uint8Array => message([4, message(...fields)]);
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A transaction in a transaction, `depth` of them, around a put. */
function deep(depth: number): Uint8Array {
  let inner = message([SUCCESS, put("deep")]);
  for (let level = 0; level < depth; level++) inner = message([SUCCESS, message([4, inner])]);
  return inner;
}

const compare = (...fields: Field[]): Field => [COMPARE, message(...fields)];
const KEY: Field = [3, "a"];

const COMPARES: readonly (readonly [name: string, ...fields: Field[]])[] = [
  ["nothing"],
  ["no key", [4, 1]],
  ["a key alone", KEY],
  ["an unknown result", [1, 9], KEY, [4, 1]],
  ["a negative result", [1, -1], KEY, [4, 1]],
  ["an unknown target", [2, 9], KEY, [4, 1]],
  ["a negative target", [2, -1], KEY, [4, 1]],
  ["target MOD with a version given", [2, 2], KEY, [4, 3]],
  ["target VERSION with a value given", [2, 0], KEY, [7, "2"]],
  ["target VALUE with nothing given", [2, 3], KEY],
  ["target VALUE of a missing key", [2, 3], [3, "missing"], [7, ""]],
  ["target VALUE of a missing key, not equal", [1, 3], [2, 3], [3, "missing"], [7, "x"]],
  ["target LEASE of a missing key", [2, 4], [3, "missing"], [8, 0]],
  ["target CREATE of a missing key", [2, 1], [3, "missing"], [5, 0]],
  ["two members of the union", [2, 2], KEY, [4, 1], [6, 7]],
  ["two members, the other first", [2, 2], KEY, [6, 7], [4, 1]],
  ["a range", [2, 0], KEY, [4, 0], [1, 1], [64, "z"]],
  ["an empty range", [2, 0], [3, "x"], [4, 7], [64, "y"]],
  ["an end before the key", [2, 0], [3, "x"], [4, 7], [64, "b"]],
  ["everything", [2, 0], [3, "\0"], [4, 0], [1, 1], [64, "\0"]],
  ["values of a range", [2, 3], [3, "a"], [7, "0"], [1, 1], [64, "z"]],
  ...EDGES.flatMap((edge) => [
    [`version above ${edge}`, [1, 1] as Field, KEY, [4, edge] as Field] as const,
    [`revision below ${edge}`, [1, 2] as Field, [2, 2] as Field, KEY, [6, edge] as Field] as const,
    [`lease equal ${edge}`, [2, 4] as Field, KEY, [8, edge] as Field] as const,
  ]),
];

const BODIES: readonly (readonly [name: string, ...fields: Field[]])[] = [
  ["nothing given"],
  ["an operation without a request", [SUCCESS, message()]],
  ["such an operation in the branch not taken", [FAILURE, message()]],
  ["an empty nested transaction", [SUCCESS, nested()]],
  ["a put without a key", [SUCCESS, put("")]],
  ["a put without a key, not taken", [FAILURE, put("")]],
  ["a delete without a key", [SUCCESS, remove("")]],
  ["a range without a key", [SUCCESS, range()]],
  ["a range with a bad order", [SUCCESS, range([1, "a"], [5, 9])]],
  ["a nested put without a key", [SUCCESS, nested([FAILURE, put("")])]],
  ["the same key twice", [SUCCESS, put("k1")], [SUCCESS, put("k1")]],
  ["the same key in both branches", [SUCCESS, put("k1")], [FAILURE, put("k1")]],
  ["the same key twice, not taken", [FAILURE, put("k1")], [FAILURE, put("k1")]],
  ["a put and a delete", [SUCCESS, put("k1")], [SUCCESS, remove("k1")]],
  ["a delete and a put", [SUCCESS, remove("k1")], [SUCCESS, put("k1")]],
  ["a delete of a range and a put", [SUCCESS, remove("k", "l")], [SUCCESS, put("k1")]],
  ["a delete from a key and a put", [SUCCESS, remove("k", "\0")], [SUCCESS, put("k1")]],
  ["a delete of a turned range and a put", [SUCCESS, remove("l", "k")], [SUCCESS, put("k1")]],
  ["two deletes of a key", [SUCCESS, remove("k1")], [SUCCESS, remove("k1")]],
  ["a key again in a nested one", [SUCCESS, put("k1")], [SUCCESS, nested([SUCCESS, put("k1")])]],
  [
    "a key in both branches of a nested one",
    [SUCCESS, nested([SUCCESS, put("k1")], [FAILURE, put("k1")])],
  ],
  [
    "a key in two nested ones",
    [SUCCESS, nested([SUCCESS, put("k1")])],
    [SUCCESS, nested([FAILURE, put("k1")])],
  ],
  [
    "a put, and a delete in a nested one",
    [SUCCESS, put("k1")],
    [SUCCESS, nested([FAILURE, remove("k", "z")])],
  ],
  ["an unknown lease", [SUCCESS, put("k1", "v", [3, 999])]],
  ["an unknown lease after a put", [SUCCESS, put("k2")], [SUCCESS, put("k1", "v", [3, 999])]],
  ["an unknown lease, not taken", [FAILURE, put("k1", "v", [3, 999])]],
  ["a negative lease", [SUCCESS, put("k1", "v", [3, -1])]],
  ["ignore_value of a missing key", [SUCCESS, put("missing", "", [5, 1])]],
  [
    "ignore_value of a missing key, after a put",
    [SUCCESS, put("k2")],
    [SUCCESS, put("missing", "", [5, 1])],
  ],
  ["ignore_value of a missing key, not taken", [FAILURE, put("missing", "", [5, 1])]],
  ["ignore_value with a value", [SUCCESS, put("a", "x", [5, 1])]],
  ["a range at a future revision", [SUCCESS, range([1, "a"], [4, 100_000])]],
  ["the same after a put", [SUCCESS, put("k2")], [SUCCESS, range([1, "a"], [4, 100_000])]],
  ["a range at a compacted revision", [SUCCESS, range([1, "a"], [4, 2])]],
  ["the same after a put", [SUCCESS, put("k2")], [SUCCESS, range([1, "a"], [4, 2])]],
  ["the same, not taken", [SUCCESS, put("k2")], [FAILURE, range([1, "a"], [4, 2])]],
  ["a range at revision -1", [SUCCESS, range([1, "a"], [4, -1])]],
  ["a range with limit -1", [SUCCESS, range([1, "a"], [2, "z"], [3, -1])]],
  ["a range of its own put", [SUCCESS, put("k3")], [SUCCESS, range([1, "k3"])]],
  ["a range of its own delete", [SUCCESS, remove("k3")], [SUCCESS, range([1, "k3"])]],
  ["a range of its own put, keys only", [SUCCESS, put("k3")], [SUCCESS, range([1, "k3"], [8, 1])]],
  [
    "a count of its own puts",
    [SUCCESS, put("k3")],
    [SUCCESS, put("k4")],
    [SUCCESS, range([1, "k"], [2, "l"], [9, 1])],
  ],
  [
    "two requests in one operation",
    [SUCCESS, message([1, message([1, "a"])], [2, message([1, "k5"], [2, "v"])])],
  ],
  [
    "a put without a key behind a range",
    [SUCCESS, message([1, message([1, "a"])], [2, message([2, "v"])])],
  ],
  ["a put in two parts", [SUCCESS, message([2, message([1, "k5"])], [2, message([2, "parts"])])]],
  [
    "the branches given in turns",
    [FAILURE, put("x")],
    [SUCCESS, put("k6")],
    [FAILURE, put("y")],
    [SUCCESS, put("k7")],
  ],
  ["128 operations", ...times(128, (index): Field => [SUCCESS, put(`m${index}`)])],
  ["129 operations", ...times(129, (index): Field => [SUCCESS, put(`m${index}`)])],
  ["129 operations not taken", ...times(129, (index): Field => [FAILURE, put(`m${index}`)])],
  ["129 compares", ...times(129, () => compare(KEY, [4, 1]))],
  [
    "128 compares and 128 operations",
    ...times(128, () => compare(KEY, [4, 0])),
    ...times(128, (index): Field => [FAILURE, put(`m${index}`)]),
  ],
  [
    "64 operations and 65 nested",
    ...times(63, (index): Field => [SUCCESS, put(`m${index}`)]),
    [SUCCESS, nested(...times(65, (index): Field => [SUCCESS, put(`n${index}`)]))],
  ],
  [
    "64 operations and 64 nested",
    ...times(63, (index): Field => [SUCCESS, put(`m${index}`)]),
    [SUCCESS, nested(...times(64, (index): Field => [SUCCESS, put(`n${index}`)]))],
  ],
];

export const TXN_CASES: readonly Case[] = [
  ...BODIES.map(([name, ...fields]) => TXN.call(name, message(...fields))),
  ...COMPARES.map(([name, ...fields]) =>
    TXN.call(
      `compare ${name}`,
      message(compare(...fields), [SUCCESS, put("yes")], [FAILURE, put("no")]),
    ),
  ),
  ...[1, 2, 10, 100, 126, 127, 128, 200, 1000, 6000, 20_000].map((depth) =>
    TXN.call(`${depth} nested`, deep(depth)),
  ),
  ...malformed(TXN, message([SUCCESS, put("q")])),
  ...malformed(TXN, message([SUCCESS, range([1, "q"])])),
  TXN.call(
    "a nested message that overruns its end",
    message([SUCCESS, Uint8Array.of(0x12, 0x7f, 0x0a)]),
  ),
];

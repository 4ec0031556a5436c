/** Watch streams at their edges. */
import { METHODS } from "@nodetcd/messages";
import { type Case, EDGES, MALFORMED, Method } from "../case.ts";
import { type Field, hex, message } from "../wire.ts";

const WATCH = new Method(METHODS.Watch.Watch);
const PUT_PATH = METHODS.KV.Put.path;
const DELETE_PATH = METHODS.KV.DeleteRange.path;

const create = (...fields: Field[]): Uint8Array => message([1, message(...fields)]);
const cancel = (...fields: Field[]): Uint8Array => message([2, message(...fields)]);
const PROGRESS = message([3, message()]);

const A: Field = [1, "a"];
const put = (key: string, value = "w"): Uint8Array => message([1, key], [2, value]);

const CREATES: readonly (readonly [name: string, ...fields: Field[]])[] = [
  ["nothing given"],
  ["no key, an end", [2, "b"]],
  ["no key, everything", [2, "\0"]],
  ["the key 0, everything", [1, "\0"], [2, "\0"]],
  ["an end before the key", [1, "c"], [2, "a"]],
  ["an end that is the key", [1, "a"], [2, "a"]],
  ["an end before the key, from the past", [1, "c"], [2, "a"], [3, 8]],
  ["the compacted revision", A, [3, 7]],
  ["below the compacted revision", A, [3, 6]],
  ["just above the compacted revision", A, [3, 8]],
  ["an unknown filter", A, [5, 9]],
  ["a negative filter", A, [5, -1]],
  ["both filters", A, [5, 0], [5, 1]],
  ["a packed filter", A, [5, Uint8Array.of(0)]],
  ["all options", A, [4, 1], [6, 1], [8, 1]],
];

export const WATCH_CASES: readonly Case[] = [
  ...CREATES.map(([name, ...fields]) =>
    WATCH.converseWith(name, [create(...fields)], PUT_PATH, put("a"), put("b")),
  ),
  ...EDGES.map((edge) =>
    WATCH.converseWith(`start revision ${edge}`, [create(A, [3, edge])], PUT_PATH, put("a")),
  ),
  ...[1n, 0n, ...EDGES].map((edge) =>
    WATCH.converseWith(`id ${edge}`, [create(A, [7, edge])], PUT_PATH, put("a")),
  ),
  WATCH.converseWith(
    "an id twice",
    [create(A, [7, 5]), create([1, "b"], [7, 5])],
    PUT_PATH,
    put("a"),
    put("b"),
  ),
  WATCH.converse("an id again after its end", create(A, [7, 5]), cancel([1, 5]), create(A, [7, 5])),
  WATCH.converse(
    "a chosen id that the next would have had",
    create(A),
    create(A, [7, 1]),
    create(A),
    create(A),
  ),
  WATCH.converse(
    "a high id, then chosen ones",
    create(A, [7, 2n ** 53n - 1n]),
    create(A),
    create(A),
  ),
  WATCH.converse("a cancelled id is not given again", create(A), cancel([1, 0]), create(A)),
  WATCH.converse("an unknown id is cancelled", cancel([1, 77]), create(A)),
  ...EDGES.map((edge) => WATCH.converse(`id ${edge} is cancelled`, cancel([1, edge]))),
  WATCH.converse("cancelled twice", create(A), cancel([1, 0]), cancel([1, 0])),
  WATCH.converse("cancelled without an id", create(A), cancel()),
  WATCH.converse("progress without watches", PROGRESS),
  WATCH.converse("progress", create(A), PROGRESS),
  WATCH.converse("progress with a watch in the future", create(A, [3, 1_000_000]), PROGRESS),
  WATCH.converse("progress after an end", create(A), cancel([1, 0]), PROGRESS),
  WATCH.converse("a request of no kind", message(), create(A)),
  WATCH.converse("a request of an unknown kind", message([9, message()]), create(A)),
  WATCH.converse("a cancel and a create in one", message([2, message([1, 0])], [1, message(A)])),
  WATCH.converse("a create and a cancel in one", message([1, message(A)], [2, message([1, 0])])),
  WATCH.converse("a create in two parts", message([1, message(A)], [1, message([2, "c"], [3, 8])])),
  ...MALFORMED.map(([name, bytes]) => WATCH.converse(name, create(A), hex(bytes), create(A))),
  WATCH.converse("the past of a deleted key", create([1, "missing"], [3, 8])),
  WATCH.converseWith(
    "deletes of missing keys",
    [create([1, "\0"], [2, "\0"])],
    DELETE_PATH,
    put("missing", ""),
    put("a", "b"),
  ),
  WATCH.call("create, then the end", create(A)),
  WATCH.call("no request"),
  WATCH.call("cancel, then the end", cancel([1, 0])),
];

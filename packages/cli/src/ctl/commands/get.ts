import { EtcdError } from "@nodetcd/client";
import {
  type Init,
  METHODS,
  type RangeRequest,
  RangeResponse,
  SortOrder,
  SortTarget,
} from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { type FlagValues, intFlag, stringFlag, switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { isSerializable } from "../consistency.ts";
import { errorText } from "../error-text.ts";
import { toNumber } from "../numbers.ts";
import { wireRange } from "../ranges.ts";
import type { Session } from "../session.ts";
import { signalAfter } from "../signal-after.ts";

const FLAGS = {
  consistency: stringFlag("consistency", "Linearizable(l) or Serializable(s)", "l", {
    choices: ["l", "s"],
  }),
  order: stringFlag("order", "Order of results; ASCEND or DESCEND (ASCEND by default)", "", {
    choices: ["ASCEND", "DESCEND"],
  }),
  sortBy: stringFlag("sort-by", "Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION", "", {
    choices: ["CREATE", "KEY", "MODIFY", "VALUE", "VERSION"],
  }),
  limit: intFlag("limit", "Maximum number of results"),
  prefix: switchFlag("prefix", "Get keys with matching prefix"),
  fromKey: switchFlag(
    "from-key",
    "Get keys that are greater than or equal to the given key using byte compare",
  ),
  rev: intFlag("rev", "Specify the kv revision"),
  keysOnly: switchFlag("keys-only", "Get only the keys"),
  countOnly: switchFlag("count-only", "Get only the count"),
  valueOnly: switchFlag(
    "print-value-only",
    'Only write values when using the "simple" output format',
  ),
  minCreateRev: intFlag("min-create-rev", "Minimum create revision"),
  maxCreateRev: intFlag("max-create-rev", "Maximum create revision"),
  minModRev: intFlag("min-mod-rev", "Minimum modification revision"),
  maxModRev: intFlag("max-mod-rev", "Maximum modification revision"),
  stream: switchFlag("stream", "Use the RangeStream RPC"),
} as const;

const ORDERS: Readonly<Record<string, number>> = {
  "": SortOrder.NONE,
  ASCEND: SortOrder.ASCEND,
  DESCEND: SortOrder.DESCEND,
};

const TARGETS: Readonly<Record<string, number>> = {
  "": SortTarget.KEY,
  CREATE: SortTarget.CREATE,
  KEY: SortTarget.KEY,
  MODIFY: SortTarget.MOD,
  VALUE: SortTarget.VALUE,
  VERSION: SortTarget.VERSION,
};

export const get: Command<CtlCall> = {
  use: "get [options] <key> [range_end]",
  short: "Gets the key or a range of keys",
  examples: ["get greeting", "get config/ --prefix --keys-only", "get greeting --rev=7 -w json"],
  flags: Object.values(FLAGS),
  run: async ({ args, flags, connect }) => {
    const request = rangeOf(args, flags);
    const session = await connect();
    const reply = flags.get(FLAGS.stream)
      ? await readStream(session, request)
      : await session.send(METHODS.KV.Range, request);
    if (flags.get(FLAGS.countOnly) && session.settings.formName !== "fields") {
      throw badArguments("--count-only is only for `--write-out=fields`");
    }
    const valueOnly = flags.get(FLAGS.valueOnly);
    if (valueOnly && !session.isSimple) {
      throw badArguments("print-value-only is only for `--write-out=simple`");
    }
    session.show("get", reply, { valueOnly });
  },
};

/** The request of a get, on the command line or in a transaction. Raises `ExitError`. */
export function rangeOf(args: readonly string[], flags: FlagValues): Init<RangeRequest> {
  const [key, end] = args;
  if (key === undefined) {
    throw badArguments(
      "get command needs one argument as key and an optional argument as range_end",
    );
  }
  const prefix = flags.get(FLAGS.prefix);
  const fromKey = flags.get(FLAGS.fromKey);
  if (prefix && fromKey) {
    throw badArguments("`--prefix` and `--from-key` cannot be set at the same time, choose one");
  }
  if (flags.get(FLAGS.keysOnly) && flags.get(FLAGS.countOnly)) {
    throw badArguments(
      "`--keys-only` and `--count-only` cannot be set at the same time, choose one",
    );
  }
  const serializable = isSerializable(flags.get(FLAGS.consistency));
  if (end !== undefined && (prefix || fromKey)) {
    throw badArguments(
      "too many arguments, only accept one argument when `--prefix` or `--from-key` is set",
    );
  }
  const revision = toNumber(flags.get(FLAGS.rev));
  return {
    ...wireRange(key, end, { prefix, fromKey }),
    serializable,
    limit: toNumber(flags.get(FLAGS.limit)),
    revision: Math.max(0, revision),
    ...sortOf(flags),
    keysOnly: flags.get(FLAGS.keysOnly),
    countOnly: flags.get(FLAGS.countOnly),
    ...boundsOf(flags),
  };
}

function sortOf(flags: FlagValues): { sortOrder: number; sortTarget: number } {
  const order = flags.get(FLAGS.order);
  const target = flags.get(FLAGS.sortBy);
  const sortOrder = ORDERS[order.toUpperCase()];
  if (sortOrder === undefined) throw new ExitError(EXIT.badFeature, `bad sort order ${order}`);
  const sortTarget = TARGETS[target.toUpperCase()];
  if (sortTarget === undefined) throw new ExitError(EXIT.badFeature, `bad sort target ${target}`);
  // Ascending by key is the order of the store: the server would sort it once more.
  const isNatural = sortTarget === SortTarget.KEY && sortOrder === SortOrder.ASCEND;
  return { sortOrder: isNatural ? SortOrder.NONE : sortOrder, sortTarget };
}

function boundsOf(flags: FlagValues): Init<RangeRequest> {
  const least = (flag: (typeof FLAGS)["minModRev"]): number =>
    Math.max(0, toNumber(flags.get(flag)));
  const minCreateRevision = least(FLAGS.minCreateRev);
  const maxCreateRevision = least(FLAGS.maxCreateRev);
  const minModRevision = least(FLAGS.minModRev);
  const maxModRevision = least(FLAGS.maxModRev);
  const check = (kind: string, min: number, max: number): void => {
    if (max === 0 || min <= max) return;
    throw new ExitError(EXIT.badFeature, `getMin${kind}Rev(=${min}) > getMax${kind}Rev(=${max})`);
  };
  check("Create", minCreateRevision, maxCreateRevision);
  check("Mod", minModRevision, maxModRevision);
  return { minCreateRevision, maxCreateRevision, minModRevision, maxModRevision };
}

/** The chunks of RangeStream as one reply. */
async function readStream(session: Session, request: Init<RangeRequest>): Promise<RangeResponse> {
  const whole = RangeResponse.create();
  const timer = signalAfter(session.timeoutMs);
  try {
    const stream = await session.client.stream(METHODS.KV.RangeStream, { signal: timer });
    stream.send(request);
    stream.end();
    for await (const { rangeResponse } of stream) {
      if (rangeResponse === undefined) continue;
      whole.header = rangeResponse.header ?? whole.header;
      whole.kvs.push(...rangeResponse.kvs);
      whole.more ||= rangeResponse.more;
      whole.count = rangeResponse.count || whole.count;
    }
    return whole;
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    throw new ExitError(EXIT.error, errorText(error));
  }
}

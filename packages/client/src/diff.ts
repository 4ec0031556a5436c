import { compareBytes, equalBytes } from "@nodetcd/bytes";
import type { BytesLike } from "./bytes-like.ts";
import { CALL_OPTIONS } from "./call-options.ts";
import { checkOptions, isBoolean, isRevision, type OptionChecks } from "./check.ts";
import type { KeyValue } from "./key-value.ts";
import type { Parts } from "./ownership.ts";

/** How a key differs between two revisions. */
export interface Difference {
  readonly kind: "created" | "changed" | "deleted";
  readonly key: Uint8Array;
  /** What it held at the first revision; undefined: it was not there. */
  readonly before: KeyValue | undefined;
  /** What it held at the second revision; undefined: it was not there. */
  readonly after: KeyValue | undefined;
}

export interface DiffOptions {
  /** Tell keys, too, that were written but hold the same value and lease. Default false. */
  touched?: boolean;
  signal?: AbortSignal;
}

const DIFF: OptionChecks<DiffOptions> = { touched: isBoolean, signal: CALL_OPTIONS.signal };

type Content = Pick<KeyValue, "value" | "lease">;

/** True when value and lease are the same, whenever they were written. */
export function holdsTheSame(a: Content, b: Content): boolean {
  return a.lease === b.lease && equalBytes(a.value, b.value);
}

/**
 * The keys of a prefix that differ between two revisions, in key order, page by page. Both must be readable:
 * `COMPACTED` otherwise.
 *
 * @param to 0: the store as it is now
 */
export async function* diff(
  { kv }: Parts,
  prefix: BytesLike,
  from: number,
  to: number,
  options: DiffOptions,
): AsyncGenerator<Difference, void, undefined> {
  checkOptions(options, DIFF);
  isRevision(from, "from");
  isRevision(to, "to");
  const { touched = false, signal } = options;
  const read = { prefix: true, ...(signal === undefined ? {} : { signal }) };
  const one = kv.entries(prefix, { ...read, revision: from });
  const two = kv.entries(prefix, { ...read, revision: to });
  try {
    let [a, b] = [await next(one), await next(two)];
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : compareBytes(a.key, b.key);
      if (a !== undefined && order < 0) {
        yield { kind: "deleted", key: a.key, before: a, after: undefined };
      } else if (b !== undefined && order > 0) {
        yield { kind: "created", key: b.key, before: undefined, after: b };
      } else if (a !== undefined && b !== undefined && a.modRevision !== b.modRevision) {
        if (touched || !holdsTheSame(a, b)) {
          yield { kind: "changed", key: a.key, before: a, after: b };
        }
      }
      [a, b] = [order <= 0 ? await next(one) : a, order >= 0 ? await next(two) : b];
    }
  } finally {
    await Promise.all([one.return(), two.return()]);
  }
}

async function next(entries: AsyncGenerator<KeyValue, void>): Promise<KeyValue | undefined> {
  const { value } = await entries.next();
  return value ?? undefined;
}

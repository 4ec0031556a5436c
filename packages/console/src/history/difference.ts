import { Buffer } from "node:buffer";
import type { Client } from "@nodetcd/client";
import { fromBase64, toBase64Url } from "../contract/bytes.ts";
import type { ChangeView, DifferenceView } from "../contract/history.ts";
import { ConsoleError } from "../errors.ts";
import { endOf } from "../keys/tree.ts";

/** Keys that a difference reads of each side. */
const DIFFERENCE_KEYS = 200_000;
const ONE = new Uint8Array(1);

/** Which keys of a prefix differ between two revisions, in key order; `to` 0 is now. */
export async function differenceOf(
  client: Client,
  prefix: Uint8Array,
  from: number,
  to: number,
  max: number,
): Promise<DifferenceView> {
  const { revision: now } = await client.range(ONE, { countOnly: true });
  const end = to === 0 ? now : to;
  const [before, after] = await Promise.all([
    keysAt(client, prefix, from),
    keysAt(client, prefix, end),
  ]);
  const changes: ChangeView[] = [];
  const counts = { added: 0, removed: 0, changed: 0 };
  const add = (change: ChangeView): void => {
    counts[change.kind]++;
    if (changes.length < max) changes.push(change);
  };
  for (const id of [...new Set([...before.keys(), ...after.keys()])].toSorted(byBytes)) {
    const [was, is] = [before.get(id), after.get(id)];
    if (was === undefined && is !== undefined) add({ id, kind: "added", afterRevision: is });
    else if (was !== undefined && is === undefined)
      add({ id, kind: "removed", beforeRevision: was });
    else if (was !== undefined && is !== undefined && was !== is) {
      add({ id, kind: "changed", beforeRevision: was, afterRevision: is });
    }
  }
  const more = counts.added + counts.removed + counts.changed > changes.length;
  return { from, to: end, changes, ...counts, more };
}

/** Mod revisions of all keys of a prefix, at one revision. */
async function keysAt(
  client: Client,
  prefix: Uint8Array,
  revision: number,
): Promise<Map<string, number>> {
  const { count } = await client.range(prefix.length === 0 ? ONE : prefix, {
    end: endOf(prefix),
    countOnly: true,
    revision,
  });
  if (count > DIFFERENCE_KEYS) {
    throw new ConsoleError(
      "TOO_LARGE",
      `${count} keys are too many to compare`,
      `Choose a prefix of at most ${DIFFERENCE_KEYS}.`,
    );
  }
  const keys = new Map<string, number>();
  const options = { prefix: true, revision, keysOnly: true, pageSize: 10_000 };
  for await (const { key, modRevision } of client.entries(prefix, options)) {
    keys.set(toBase64Url(key), modRevision);
  }
  return keys;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(fromBase64(a), fromBase64(b));
}

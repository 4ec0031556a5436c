import { BoltError, type Bucket } from "@nodetcd/bolt";
import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";
import { decodeText } from "../quote.ts";

export const inspect: BoltCommand = {
  use: "inspect <bbolt-file>",
  short: "the tree of buckets with their key counts, as JSON",
  args: [1, 1],
  run: (call) => {
    const shown = withDatabase(call, call.args[0]!, (db) =>
      db.view((tx) => describe("root", tx.root, new Set())),
    );
    call.out.write(`${escapeAsGo(JSON.stringify(shown, null, 4))}\n`);
  },
};

interface Description {
  readonly name: string;
  /** Keys that are not buckets. */
  keyN: number;
  buckets?: Description[];
}

/** @param roots pages met so far: in a damaged file a bucket may be nested in itself */
function describe(name: string, bucket: Bucket, roots: Set<number>): Description {
  const description: Description = { name, keyN: 0 };
  const { rootPageId } = bucket;
  if (roots.has(rootPageId)) {
    throw new BoltError("CORRUPT", `page ${rootPageId}: multiple references`);
  }
  if (rootPageId !== 0) roots.add(rootPageId);
  bucket.forEach((key, value) => {
    const nested = value === undefined ? bucket.bucket(key) : undefined;
    if (nested === undefined) description.keyN++;
    else (description.buckets ??= []).push(describe(decodeText(key), nested, roots));
  });
  return description;
}

/** Go's JSON escapes what could hurt in HTML and in old JavaScript, and what was no UTF-8. */
function escapeAsGo(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029\ufffd]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

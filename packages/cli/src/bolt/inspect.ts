import type { Bucket } from "@nodetcd/bolt";
import type { BoltCommand } from "./command.ts";
import { withDatabase } from "./open-source.ts";
import { decodeText } from "./quote.ts";

export const inspect: BoltCommand = {
  use: "inspect <bbolt-file>",
  short: "inspect the structure of the database",
  args: [1, 1],
  run: (call) => {
    const shown = withDatabase(call, call.args[0]!, (db) =>
      db.view((tx) => describe("root", tx.root)),
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

function describe(name: string, bucket: Bucket): Description {
  const description: Description = { name, keyN: 0 };
  bucket.forEach((key, value) => {
    const nested = value === undefined ? bucket.bucket(key) : undefined;
    if (nested === undefined) description.keyN++;
    else (description.buckets ??= []).push(describe(decodeText(key), nested));
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

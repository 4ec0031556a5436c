import { keyText } from "../contract/bytes.ts";
import { ConsoleError } from "../errors.ts";
import { differenceOf } from "../history/difference.ts";
import { restoreKeys } from "../history/restore.ts";
import { versionsOf } from "../history/versions.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { bytesOf, fieldsOf, textOf, wholeNumber } from "../http/query.ts";
import type { Call, Route } from "./call.ts";

/** Changes of a difference that a page gets, and that a restore takes on. */
const CHANGES = 1_000;
const RESTORED = 50_000;
const NO_BYTES = new Uint8Array(0);

async function history({ app, client, query, signal }: Call): Promise<ApiReply> {
  const { sample } = await app.sampler.look(1_500);
  const view = await versionsOf(client, app.clock, {
    key: query.key("key"),
    oldest: sample.oldest,
    signal,
    timeOf: (revision) => app.timeOf(revision),
  });
  return json(view);
}

async function difference({ client, query }: Call): Promise<ApiReply> {
  const prefix = query.key("prefix", NO_BYTES);
  const from = query.number("from", 0, 1);
  return json(await differenceOf(client, prefix, from, query.number("to", 0), CHANGES));
}

/**
 * Back to a revision: one key, or everything under a prefix. What changes after the preview's revision
 * `seen` is left alone. A prefix needs its name.
 */
async function restore(call: Call): Promise<ApiReply> {
  const { client } = call;
  const fields = fieldsOf(call.body);
  const prefix = bytesOf("prefix", fields["prefix"]);
  const revision = wholeNumber("revision", fields["revision"], 1, Number.MAX_SAFE_INTEGER);
  const seen = wholeNumber("seen", fields["seen"], revision, Number.MAX_SAFE_INTEGER);
  const target = keyText(prefix);
  const single = fields["single"] === true;
  if (!single && textOf("name", fields["name"]) !== target) {
    throw new ConsoleError("FORBIDDEN", `Type ${target} to restore what is under it`);
  }
  const all = await differenceOf(client, prefix, seen, revision, RESTORED);
  if (all.more) {
    throw new ConsoleError(
      "TOO_LARGE",
      `More than ${RESTORED} keys differ`,
      "Choose a longer prefix.",
    );
  }
  const changes = single ? all.changes.filter(({ id }) => id === fields["prefix"]) : all.changes;
  const result = await restoreKeys(client, changes, revision);
  const detail = `${result.restored} restored, ${result.removed} removed, ${result.skipped} left alone`;
  const action = `restore to ${revision}`;
  call.audit({ action, target, outcome: "done", detail, revision: result.revision });
  return json(result);
}

export const HISTORY_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/history", access: "read", run: history },
  { method: "GET", path: "/api/history/difference", access: "read", run: difference },
  { method: "POST", path: "/api/history/restore", access: "write", run: restore },
];

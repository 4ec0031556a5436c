import { EtcdError } from "@nodetcd/client";
import { visiblePage } from "../access/visible.ts";
import { rolesOf } from "./access.ts";
import { keyText } from "../contract/bytes.ts";
import type { WriteResult } from "../contract/keys.ts";
import { isRoot } from "../access/is-root.ts";
import { ConsoleError } from "../errors.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { bytesOf, fieldsOf, listOf, textOf, wholeNumber } from "../http/query.ts";
import { matcher, searchKeys } from "../keys/search.ts";
import { endOf, treePage } from "../keys/tree.ts";
import { readValue } from "../keys/value.ts";
import { deleteIfSame, deletePrefixIfSame, importKeys, putIfSame } from "../keys/write.ts";
import { TXN_OPS } from "../limits.ts";
import type { Call, Route } from "./call.ts";

const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();

async function children({ app, client, query, session }: Call): Promise<ApiReply> {
  const prefix = query.key("prefix", NO_BYTES);
  const from = query.key("from", NO_BYTES);
  const revision = query.number("revision", 0);
  try {
    const delimiter = encoder.encode(query.text("delimiter", "/"));
    const page = await treePage(client, app.clock, { prefix, delimiter, from, revision });
    if (prefix.length === 0 && from.length === 0 && revision === 0) {
      app.noteKeys(client, page.total);
    }
    return json(page);
  } catch (error) {
    const denied = error instanceof EtcdError && error.code === "PERMISSION_DENIED";
    if (!denied || prefix.length > 0 || session.user === undefined) throw error;
    return json(visiblePage(await rolesOf(client, session.user)));
  }
}

async function search(call: Call): Promise<ApiReply> {
  const { app, client, query } = call;
  const matches = matcher(query.text("pattern"));
  const prefix = query.key("prefix", NO_BYTES);
  const from = query.key("from", NO_BYTES);
  const revision = query.number("revision", 0);
  const isPlain = prefix.length === 0 && from.length === 0 && revision === 0;
  // The index has all keys: it answers those who may see all keys.
  const isForAll = isPlain && (await isRoot(call));
  const indexed = isForAll ? await app.keyIndex.search(matches) : undefined;
  const page =
    indexed ?? (await searchKeys(client, app.clock, { prefix, from, revision, matches }));
  // Not before the answer: both read from the same members.
  if (isForAll) app.keyIndex.wake();
  return json(page);
}

async function value({ client, query }: Call): Promise<ApiReply> {
  return json(await readValue(client, query.key("key"), query.number("revision", 0)));
}

/** How many keys a prefix has: what a deletion or an export would take. */
async function count({ client, query }: Call): Promise<ApiReply> {
  const prefix = query.key("prefix");
  const range = { end: endOf(prefix), countOnly: true };
  const result = await client.range(prefix.length === 0 ? new Uint8Array(1) : prefix, range);
  return json({ count: result.count, revision: result.revision });
}

/** The whole value as a file, whatever its size. */
async function download({ client, query }: Call): Promise<ApiReply> {
  const key = query.key("key");
  const found = await client.get(key, { revision: query.number("revision", 0) });
  if (found === undefined) throw new ConsoleError("NOT_FOUND", "There is no such key");
  const last = keyText(key).split("/").at(-1);
  return {
    kind: "file",
    name: last === undefined || last === "" ? "value" : last,
    type: "application/octet-stream",
    chunks: [found.value].values() as unknown as AsyncIterable<Uint8Array>,
  };
}

/** A prefix as lines of JSON: `{"key": base64, "value": base64}`, at one revision. */
function exportKeys({ client, query }: Call): ApiReply {
  const prefix = query.key("prefix", NO_BYTES);
  const revision = query.number("revision", 0);
  async function* lines(): AsyncGenerator<Uint8Array> {
    for await (const { key, value: held } of client.entries(prefix, { prefix: true, revision })) {
      const line = {
        key: Buffer.from(key).toString("base64"),
        value: Buffer.from(held).toString("base64"),
      };
      yield encoder.encode(`${JSON.stringify(line)}\n`);
    }
  }
  return { kind: "file", name: "keys.jsonl", type: "application/x-ndjson", chunks: lines() };
}

function audited(call: Call, action: string, target: string, result: WriteResult): ApiReply {
  call.audit(
    result.written
      ? { action, target, outcome: "done", detail: "", revision: result.revision }
      : { action, target, outcome: "refused", detail: "somebody was faster" },
  );
  return json(result);
}

async function put(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  const key = bytesOf("key", fields["key"]);
  if (key.length === 0) throw new ConsoleError("BAD_REQUEST", "A key has at least one byte");
  const result = await putIfSame(call.client, {
    key,
    value: bytesOf("value", fields["value"]),
    expect: wholeNumber("expect", fields["expect"], 0, Number.MAX_SAFE_INTEGER),
    keepLease: fields["keepLease"] === true,
  });
  return audited(call, "put", keyText(key), result);
}

async function remove(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  if (fields["prefix"] !== undefined) return await removePrefix(call, fields);
  const keys = listOf("keys", fields["keys"], TXN_OPS).map((entry) => {
    const named = fieldsOf(entry, "Each entry of keys");
    return {
      key: bytesOf("key", named["key"]),
      expect: wholeNumber("expect", named["expect"], 1, Number.MAX_SAFE_INTEGER),
    };
  });
  const result = await deleteIfSame(call.client, keys);
  return audited(call, "delete", keys.map(({ key }) => keyText(key)).join(" "), result);
}

async function removePrefix(
  call: Call,
  fields: Readonly<Record<string, unknown>>,
): Promise<ApiReply> {
  const prefix = bytesOf("prefix", fields["prefix"]);
  const text = keyText(prefix);
  if (textOf("name", fields["name"]) !== text) {
    throw new ConsoleError("FORBIDDEN", `Type ${text} to delete what is under it`);
  }
  const { deleted, revision } = await deletePrefixIfSame(
    call.client,
    prefix,
    wholeNumber("expectCount", fields["expectCount"], 1, Number.MAX_SAFE_INTEGER),
    wholeNumber("revision", fields["revision"], 1, Number.MAX_SAFE_INTEGER),
  );
  const result = { written: true, revision, count: deleted } as const;
  return audited(call, `delete prefix, ${deleted} keys`, text, result);
}

async function importAll(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  const existing = fields["existing"] === "replace" ? "replace" : "keep";
  const lines = listOf("lines", fields["lines"], 100_000).map((line) => {
    const named = fieldsOf(line, "Each line");
    return { key: bytesOf("key", named["key"]), value: bytesOf("value", named["value"]) };
  });
  const seen = new Set(lines.map(({ key }) => keyText(key)));
  if (seen.size < lines.length) {
    throw new ConsoleError("BAD_REQUEST", "A key comes more than once; nothing was written");
  }
  const result = await importKeys(call.client, lines, existing);
  const { written, kept, revision } = result;
  const detail = `${written} written, ${kept} kept as they were`;
  call.audit({
    action: "import",
    target: `${lines.length} keys`,
    outcome: "done",
    detail,
    revision,
  });
  return json(result);
}

export const KEYS_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/keys/children", access: "read", run: children },
  { method: "GET", path: "/api/keys/search", access: "read", run: search },
  { method: "GET", path: "/api/keys/value", access: "read", run: value },
  { method: "GET", path: "/api/keys/count", access: "read", run: count },
  { method: "GET", path: "/api/keys/download", access: "read", run: download },
  { method: "GET", path: "/api/keys/export", access: "read", run: exportKeys },
  { method: "POST", path: "/api/keys/put", access: "write", run: put },
  { method: "POST", path: "/api/keys/delete", access: "write", run: remove },
  { method: "POST", path: "/api/keys/import", access: "write", run: importAll },
];

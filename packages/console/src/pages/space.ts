import type { Client } from "@nodetcd/client";
import type { App } from "../app.ts";
import { fromBase64, toBase64Url } from "../contract/bytes.ts";
import type { SpaceEntry, SpaceView, TopKeyView } from "../contract/space.ts";
import type { TreeEntry } from "../contract/keys.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { rangeAt } from "../keys/range-at.ts";
import { treePage } from "../keys/tree.ts";
import { TOP_SHOWN } from "../limits.ts";
import { sideBySide } from "../side-by-side.ts";
import { HistoryWeight } from "../space/history-weight.ts";
import { prefixEnd } from "@nodetcd/bytes";
import type { Call, Route } from "./call.ts";

/** Values of a folder that are read to reckon its size; what has fewer keys is measured as a whole. */
const SAMPLED_VALUES = 256;
const SLASH = new TextEncoder().encode("/");
const NO_BYTES = new Uint8Array(0);

/** The entries below a prefix with their sizes and heat, largest first. */
async function space({ app, client, query }: Call): Promise<ApiReply> {
  const prefix = query.key("prefix", NO_BYTES);
  app.heat.begin();
  const page = await treePage(client, app.clock, {
    prefix,
    delimiter: SLASH,
    from: NO_BYTES,
    revision: query.number("revision", 0),
  });
  const entries = await sideBySide(page.entries, (entry) => measure(client, entry, page.revision));
  const weight = app.historyWeights.get(client);
  const view: SpaceView = {
    prefix: query.text("prefix", ""),
    revision: page.revision,
    entries: entries
      .map((entry) => {
        const name = fromBase64(entry.id);
        const writes = entry.kind === "folder" ? app.heat.rate(name) : undefined;
        const old = weight?.of(name, entry.kind);
        return {
          ...entry,
          ...(writes === undefined ? {} : { writes }),
          ...(old === undefined ? {} : { history: old.bytes, versions: old.versions }),
        };
      })
      .toSorted((a, b) => b.live - a.live),
    more: page.next !== undefined,
    top: await topKeys(app, client),
    ...(weight === undefined ? {} : { measured: weight.view }),
    heat: { since: app.heat.since, seconds: app.heat.seconds, events: app.heat.events },
  };
  return json(view);
}

/** The most written keys: the console counts all of them, and etcd says which of them this person may know. */
async function topKeys({ heat }: App, client: Client): Promise<TopKeyView[]> {
  const { seconds } = heat;
  const views = await sideBySide(heat.top(TOP_SHOWN), async (one) => {
    const options = { countOnly: true, serializable: true };
    const isReadable = await client.range(one.key, options).then(
      () => true,
      () => false,
    );
    if (!isReadable || seconds < 1) return [];
    return [
      {
        id: toBase64Url(one.key),
        writes: one.count,
        rate: one.count / seconds,
        bytesRate: one.bytes / seconds,
        ...(one.lease === 0n ? {} : { lease: one.lease.toString(16) }),
      },
    ];
  });
  return views.flat();
}

/** Begins to read all of history; the page shows how far it is. */
function measureHistory({ app, client }: Call): ApiReply {
  const known = app.historyWeights.get(client);
  if (known?.view.at !== undefined || known === undefined) {
    app.historyWeights.set(client, new HistoryWeight(client, app.clock));
  }
  return json(app.historyWeights.get(client)!.view);
}

/** A key as it is; a folder from evenly many of its first values, times its keys. */
async function measure(client: Client, entry: TreeEntry, revision: number): Promise<SpaceEntry> {
  const { id } = entry;
  const key = fromBase64(id);
  if (entry.kind !== "folder") {
    const [held] = (await rangeAt(client, key, { revision })).keyValues;
    return {
      id,
      kind: "key",
      keys: 1,
      live: key.length + (held?.value.length ?? 0),
      sampled: false,
    };
  }
  const { keyValues, count, more } = await rangeAt(client, key, {
    end: prefixEnd(key),
    limit: SAMPLED_VALUES,
    revision,
  });
  const bytes = keyValues.reduce((sum, one) => sum + one.key.length + one.value.length, 0);
  const live = more ? Math.round((bytes / Math.max(1, keyValues.length)) * count) : bytes;
  return { id, kind: "folder", keys: count, live, sampled: more };
}

export const SPACE_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/space", access: "read", run: space },
  { method: "POST", path: "/api/space/measure", access: "read", run: measureHistory },
];

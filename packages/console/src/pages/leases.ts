import { type Client, EtcdError } from "@nodetcd/client";
import { keyText, toBase64Url } from "../contract/bytes.ts";
import type { Contender, LeasesView, LeaseView, LocksView, LockView } from "../contract/leases.ts";
import { ConsoleError } from "../errors.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { fieldsOf, textOf } from "../http/query.ts";
import { LEASE_KEYS, LEASE_PAGE, LOCK_LEASES } from "../limits.ts";
import { sideBySide } from "../side-by-side.ts";
import type { Call, Route } from "./call.ts";

/** A lease with its keys; undefined when it ended meanwhile. */
async function look(
  client: Client,
  id: bigint,
): Promise<{ id: bigint; left: number; granted: number; keys: Uint8Array[] } | undefined> {
  const { ttlSeconds, grantedTtlSeconds, keys } = await client.leases.timeToLive(id, {
    keys: true,
  });
  return ttlSeconds < 0 ? undefined : { id, left: ttlSeconds, granted: grantedTtlSeconds, keys };
}

async function leases({ app, client, query }: Call): Promise<ApiReply> {
  const ids = await client.leases.list();
  const wanted = query.text("lease", "");
  const chosen = wanted === "" ? ids : ids.filter((id) => id.toString(16) === wanted);
  const looked = await sideBySide(chosen.slice(0, LEASE_PAGE), (id) => look(client, id));
  const shown: LeaseView[] = looked
    .filter((lease) => lease !== undefined)
    .map(({ id, left, granted, keys }) => ({
      id: id.toString(16),
      decimal: id.toString(),
      left,
      granted,
      keyCount: keys.length,
      keys: keys.slice(0, LEASE_KEYS).map(toBase64Url),
    }))
    .toSorted((a, b) => a.left - b.left);
  return json({ at: app.clock.wallTime(), total: ids.length, leases: shown } satisfies LeasesView);
}

async function revoke(call: Call): Promise<ApiReply> {
  const id = textOf("id", fieldsOf(call.body)["id"]);
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw new ConsoleError("BAD_REQUEST", "id is no lease");
  try {
    await call.client.leases.revoke(BigInt(`0x${id}`));
  } catch (error) {
    if (error instanceof EtcdError) {
      call.audit({ action: "revoke", target: id, outcome: "failed", detail: error.message });
    }
    throw error;
  }
  call.audit({ action: "revoke", target: id, outcome: "done", detail: "with its keys" });
  return json({ revoked: true });
}

/**
 * Locks and elections leave keys `<name>/<lease in hexadecimal>` that hang on that lease: whoever came
 * first holds, the others wait in the order of their create revisions.
 */
async function locks({ app, client }: Call): Promise<ApiReply> {
  const ids = await client.leases.list();
  const looked = await sideBySide(ids.slice(0, LOCK_LEASES), (id) => look(client, id));
  const keys = looked.flatMap((lease) =>
    lease === undefined
      ? []
      : lease.keys
          .filter((key) => keyText(key).endsWith(`/${lease.id.toString(16)}`))
          .map((key) => ({ key, left: lease.left, lease: lease.id.toString(16) })),
  );
  const found = await sideBySide(keys, async ({ key, left, lease }) => {
    const held = await client.get(key);
    return held && { name: nameOf(key, lease), contender: contender(held, left, lease) };
  });
  const lines = new Map<string, Contender[]>();
  for (const one of found) {
    if (one === undefined) continue;
    lines.set(one.name, [...(lines.get(one.name) ?? []), one.contender]);
  }
  const all: LockView[] = [...lines].map(([name, line]) => ({
    name,
    kind: line.some(({ value }) => value !== "") ? "election" : "lock",
    line: line.toSorted((a, b) => a.createRevision - b.createRevision),
  }));
  const view: LocksView = {
    at: app.clock.wallTime(),
    locks: all.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    looked: Math.min(ids.length, LOCK_LEASES),
    total: ids.length,
  };
  return json(view);
}

function nameOf(key: Uint8Array, lease: string): string {
  return toBase64Url(key.subarray(0, key.length - lease.length - 1));
}

function contender(
  { key, createRevision, value }: { key: Uint8Array; createRevision: number; value: Uint8Array },
  left: number,
  lease: string,
): Contender {
  return {
    key: toBase64Url(key),
    lease,
    createRevision,
    left,
    value: keyText(value.subarray(0, 200)),
  };
}

export const LEASES_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/leases", access: "read", run: leases },
  { method: "POST", path: "/api/leases/revoke", access: "write", run: revoke },
  { method: "GET", path: "/api/locks", access: "read", run: locks },
];

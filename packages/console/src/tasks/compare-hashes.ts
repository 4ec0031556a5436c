import type { Client } from "@nodetcd/client";
import type { HashView } from "../contract/maintenance.ts";
import { hexId } from "../samples/sample.ts";
import { type Members, reasonOf } from "../members/ask-members.ts";

/** Milliseconds that a member may take to read all of its keys. */
const HASH_MS = 120_000;

/** The hash of one revision on every member; those that have compacted alike can be compared. */
export async function compareHashes(own: Client, lines: Members): Promise<HashView> {
  const [list, { revision }] = await Promise.all([
    own.cluster.members({ serializable: true }),
    own.maintenance.status(),
  ]);
  const members = await Promise.all(
    list.map(async (member) => {
      const about = { id: hexId(member.id), name: member.name };
      try {
        const client = await lines.of(member.id);
        if (client === undefined) return { ...about, error: "it has no address" };
        const found = await client.maintenance.hashKv(revision, { timeoutMs: HASH_MS });
        return { ...about, hash: found.hash, compactRevision: found.compactRevision };
      } catch (error) {
        return { ...about, error: reasonOf(error) };
      }
    }),
  );
  const told = members.flatMap((member) => ("hash" in member ? [member] : []));
  const comparable = told.filter(
    ({ compactRevision }) => compactRevision === told[0]?.compactRevision,
  );
  const equal =
    comparable.length < 2 ? {} : { equal: new Set(comparable.map(({ hash }) => hash)).size === 1 };
  return { revision, members, ...equal };
}

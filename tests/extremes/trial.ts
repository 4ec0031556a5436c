/** All cases on two fresh servers, one after the other; what is answered differently. */
import type { Peer } from "../peers.ts";
import { allOrNone, startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { Caller } from "./caller.ts";
import type { Case } from "./case.ts";
import { COMPACT_CASES, KV_CASES, PRELUDE } from "./cases/kv.ts";
import { LEASE_CASES } from "./cases/lease.ts";
import { SERVICE_CASES } from "./cases/services.ts";
import { TXN_CASES } from "./cases/txn.ts";
import { WATCH_CASES } from "./cases/watch.ts";

/** In this order: what a case changes, those after it see, the same on both servers. */
export const CASES: readonly Case[] = [
  ...PRELUDE,
  ...KV_CASES,
  ...COMPACT_CASES,
  ...WATCH_CASES,
  ...TXN_CASES,
  ...LEASE_CASES,
  ...SERVICE_CASES,
];

export interface Difference {
  readonly name: string;
  readonly reference: string;
  readonly subject: string;
}

export async function compareCases(
  cases: readonly Case[],
  reference: Peer,
  subject: Peer,
): Promise<Difference[]> {
  const servers = await allOrNone([startServer(reference), startServer(subject)]);
  const connections = servers.map(({ url }) => new Connection(url));
  try {
    const differences: Difference[] = [];
    for (const each of cases) {
      const answers = await Promise.all(connections.map((one) => each.run(new Caller(one))));
      const [expected = "", got = ""] = answers;
      if (expected !== got) {
        differences.push({ name: each.name, reference: expected, subject: got });
      }
      const ended = servers.find(({ hasExited }) => hasExited);
      if (ended !== undefined) {
        throw new Error(`${ended.peer.name} ended at "${each.name}":\n${ended.tail()}`);
      }
    }
    return differences;
  } finally {
    for (const one of connections) one.close();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

import { type Client, EtcdError } from "@nodetcd/client";

/** Ends the watches of this client, then deletes all keys and revokes all leases. Revisions go on. */
export async function reset(client: Client): Promise<void> {
  client.endWatches();
  await client.delete("", { fromKey: true });
  const leases = await client.leases.list();
  await Promise.all(leases.map((id) => revoke(client, id)));
}

/** It may have ended by itself meanwhile. */
async function revoke(client: Client, id: bigint): Promise<void> {
  try {
    await client.leases.revoke(id);
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== "LEASE_NOT_FOUND") throw error;
  }
}

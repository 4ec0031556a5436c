import type { Client } from "@nodetcd/client";

/** Who asks, and whether etcd asks for users at all. */
export interface Asker {
  readonly app: { hasUsers(): Promise<boolean> };
  readonly client: Client;
}

/**
 * Whether who asks has no limits in etcd: nobody has where etcd has no users, and with users those have none who may
 * list them, which etcd allows to the role root alone.
 */
export async function isRoot({ app, client }: Asker): Promise<boolean> {
  if (!(await app.hasUsers())) return true;
  return await client.auth.users().then(
    () => true,
    () => false,
  );
}

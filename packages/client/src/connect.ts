import { Client } from "./etcd-client.ts";
import type { ClientOptions } from "./client-options.ts";

/** A client of these servers: `connect("http://127.0.0.1:2379")`. It connects when it is first used. */
export function connect(
  endpoints?: string | readonly string[],
  options: Omit<ClientOptions, "endpoints"> = {},
): Client {
  return new Client({ ...options, ...(endpoints === undefined ? {} : { endpoints }) });
}

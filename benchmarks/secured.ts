/** Servers with TLS or users for the benchmarks, and what a load needs to be let in. */
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../tests/peers.ts";
import { freePort, type ServerProcess, startServer } from "../tests/processes.ts";
import { Connection } from "../tests/rpc.ts";
import type { LoadOptions } from "./load.ts";

const { Auth } = METHODS;

/** Nothing; TLS; users with tokens of the member's own, or with signed ones (RS256); the former with our audit log. */
export const SECURITIES = ["none", "tls", "simple", "jwt", "audit"] as const;
export type Security = (typeof SECURITIES)[number];

export interface Secured {
  readonly server: ServerProcess;
  readonly entry: Pick<LoadOptions, "ca" | "token">;
}

const USER = { name: "load", password: "pw" };

/**
 * Starts a server.
 *
 * @param files folder that `makeFiles` has filled
 */
export async function startSecured(
  program: Peer,
  security: Security,
  files: string,
  options: { readonly dataDirectory: string; readonly flags: readonly string[] },
): Promise<Secured> {
  const { dataDirectory } = options;
  const clientPort = await freePort();
  const at = (name: string): string => join(files, name);
  const urls = ["http", "https"].map((scheme) => `${scheme}://127.0.0.1:${clientPort}`).join(",");
  const keys = `priv-key=${at("server-rsa-2048.key")},pub-key=${at("server-rsa-2048.crt")}`;
  const own: Readonly<Record<Security, readonly string[]>> = {
    none: [],
    tls: [
      `--cert-file=${at("server-ecdsa-p256.crt")}`,
      `--key-file=${at("server-ecdsa-p256.key")}`,
      // Plain as well, for those who ask whether it is ready.
      `--listen-client-urls=${urls}`,
    ],
    simple: ["--auth-token-ttl=3600"],
    audit: [
      "--auth-token-ttl=3600",
      ...(program.name === "nodetcd" ? [`--audit-log=${dataDirectory}.audit`] : []),
    ],
    jwt: [`--auth-token=jwt,sign-method=RS256,${keys},ttl=1h`],
  };
  const flags = [...options.flags, ...own[security]];
  const server = await startServer(program, { dataDirectory, clientPort, flags });
  if (security === "none") return { server, entry: {} };
  if (security === "tls") return { server, entry: { ca: at("ca.crt") } };
  return { server, entry: { token: await enableAuth(server) } };
}

/** Answers a token of a user who may read and write the keys of the load. */
async function enableAuth(server: ServerProcess): Promise<string> {
  const connection = new Connection(server.url);
  try {
    for (const user of [{ name: "root", password: "pw" }, USER]) {
      await connection.call(Auth.UserAdd, user);
    }
    await connection.call(Auth.RoleAdd, USER);
    const [key, rangeEnd] = [Buffer.from("key"), Buffer.from("kez")];
    const perm = { permType: 2, key, rangeEnd };
    await connection.call(Auth.RoleGrantPermission, { name: USER.name, perm });
    await connection.call(Auth.UserGrantRole, { user: USER.name, role: USER.name });
    await connection.call(Auth.UserGrantRole, { user: "root", role: "root" });
    await connection.call(Auth.AuthEnable, {});
    return (await connection.call(Auth.Authenticate, USER)).token;
  } finally {
    connection.close();
  }
}

import type { Resolver } from "../resolver.ts";

/** What failed, in the words that operators of etcd know. */
function failure(what: string, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const missing = code === "ENOTFOUND" || code === "ENODATA";
  const text = missing ? "no such host" : cause instanceof Error ? cause.message : String(cause);
  return new Error(`lookup ${what}: ${text}`, { cause });
}

/** The system's resolver. Addresses come as the system orders them, IPv4 first. */
export const nodeResolver: Resolver = {
  async addresses(host) {
    try {
      const found = await process
        .getBuiltinModule("node:dns/promises")
        .lookup(host, { all: true, order: "ipv4first" });
      return found.map(({ address }) => address);
    } catch (error) {
      throw failure(host, error);
    }
  },
  async services(service, domain) {
    const name = `_${service}._tcp.${domain}`;
    try {
      const records = await process.getBuiltinModule("node:dns/promises").resolveSrv(name);
      // The lower priority first, as clients are to try them.
      return records.sort((a, b) => a.priority - b.priority);
    } catch (error) {
      throw failure(name, error);
    }
  },
};

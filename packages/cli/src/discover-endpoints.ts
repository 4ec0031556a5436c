import { resolveSrv } from "node:dns/promises";

/** A member's client URL as SRV records name it; the lowest priority first, weights within one (RFC 2782). */
export interface DiscoveredEndpoint {
  readonly url: string;
  readonly priority: number;
  readonly weight: number;
}

/**
 * The endpoints of `_etcd-client-ssl[-service]._tcp.domain` and `_etcd-client[-service]._tcp.domain`: those with TLS
 * first. Rejects when neither name has records.
 */
export async function discoverEndpoints(
  domain: string,
  service: string,
): Promise<DiscoveredEndpoint[]> {
  const suffix = service === "" ? "" : `-${service}`;
  const failures: string[] = [];
  const ask = async (name: string, scheme: string): Promise<DiscoveredEndpoint[]> => {
    const query = `_${name}${suffix}._tcp.${domain}`;
    try {
      const records = await resolveSrv(query);
      return records.map(({ name: host, port, priority, weight }) => ({
        url: `${scheme}://${host.replace(/\.$/, "")}:${port}`,
        priority,
        weight,
      }));
    } catch (error) {
      failures.push(`lookup ${query}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  };
  const found = [...(await ask("etcd-client-ssl", "https")), ...(await ask("etcd-client", "http"))];
  if (failures.length === 2) throw new Error(`dns lookup errors: ${failures.join(" and ")}`);
  return found;
}

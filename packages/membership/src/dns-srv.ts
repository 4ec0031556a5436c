import type { Resolver, ServiceRecord } from "@nodetcd/runtime";
import { MembershipError, textOf } from "./errors.ts";

export interface ServiceDiscoveryOptions {
  /** `--discovery-srv` */
  readonly domain: string;
  /** `--discovery-srv-name`; "" for none. */
  readonly serviceName: string;
  /** `--name` */
  readonly name: string;
  /** `--initial-advertise-peer-urls` */
  readonly advertised: readonly string[];
  readonly resolver: Resolver;
}

/** Address and port of a host, as one text. */
async function endpoint(resolver: Resolver, host: string, port: number | string): Promise<string> {
  const [address = host] = await resolver.addresses(host);
  return `${address}:${port}`;
}

/** Finds out which URL each own address is advertised with. */
async function ownEndpoints({
  advertised,
  resolver,
}: ServiceDiscoveryOptions): Promise<Map<string, string>> {
  const own = new Map<string, string>();
  for (const url of advertised) {
    const [, host, port] = /^https?:\/\/\[?([^\]/]*?)\]?:(\d+)$/.exec(url) ?? [];
    if (host !== undefined && port !== undefined)
      own.set(await endpoint(resolver, host, port), url);
  }
  return own;
}

/** Members of one service, appended to what is found so far. Raises what makes all of them useless. */
async function collect(
  options: ServiceDiscoveryOptions,
  scheme: "http" | "https",
  own: ReadonlyMap<string, string>,
  found: { pairs: string[]; unnamed: number },
): Promise<void> {
  const { domain, serviceName, resolver } = options;
  const service = `etcd-server${scheme === "https" ? "-ssl" : ""}${serviceName === "" ? "" : `-${serviceName}`}`;
  let records: readonly ServiceRecord[];
  try {
    records = await resolver.services(service, domain);
  } catch (error) {
    throw new MembershipError(
      "DISCOVERY",
      `error querying DNS SRV records for _${service} ${textOf(error)}`,
    );
  }
  let lastError: string | undefined;
  let taken = 0;
  for (const { name: target, port } of records) {
    const host = target.replace(/\.$/, "");
    let advertised: string | undefined;
    try {
      advertised = own.get(await endpoint(resolver, host, port));
    } catch (error) {
      lastError = textOf(error);
      continue;
    }
    const name = advertised === undefined ? String(found.unnamed++) : options.name;
    const url = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
    if (advertised !== undefined && !advertised.startsWith(`${scheme}:`)) {
      lastError = `bootstrap at ${url} from DNS for ${service} has scheme mismatch with expected peer ${advertised}`;
      continue;
    }
    taken++;
    found.pairs.push(`${name}=${url}`);
  }
  if (taken > 0) return;
  throw new MembershipError(
    "DISCOVERY",
    `error querying DNS SRV records for _${service} ${lastError ?? "no records"}`,
  );
}

/**
 * The members that a domain's records name, as `--initial-cluster` has them: this member under its own name, the
 * others numbered. Records with and without TLS are asked for; one kind is enough. Raises DISCOVERY.
 */
export async function discoverServices(options: ServiceDiscoveryOptions): Promise<string> {
  const found: { pairs: string[]; unnamed: number } = { pairs: [], unnamed: 0 };
  const errors: string[] = [];
  const own = await ownEndpoints(options);
  for (const scheme of ["https", "http"] as const) {
    try {
      await collect(options, scheme, own, found);
    } catch (error) {
      errors.push(textOf(error));
    }
  }
  if (found.pairs.length === 0) {
    throw new MembershipError(
      "DISCOVERY",
      `error setting up initial cluster: ${errors.join("\n")}`,
    );
  }
  if (!found.pairs.some((pair) => pair.startsWith(`${options.name}=`))) {
    throw new MembershipError(
      "DISCOVERY",
      `error setting up initial cluster: cannot find local etcd member "${options.name}" in SRV records`,
    );
  }
  return found.pairs.join(",");
}

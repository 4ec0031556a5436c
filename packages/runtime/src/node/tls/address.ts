import { ADDRESS_CHECK_TIMEOUT_MS } from "../../limits.ts";
import type { PeerCertificate } from "../../tls.ts";
import { shortAddress } from "./peer-certificate.ts";

/** The names of an address: of the name servers, and of the hosts file. */
async function namesOf(address: string): Promise<string[]> {
  const dns = process.getBuiltinModule("node:dns/promises");
  const service = dns.lookupService(address, 0).then(({ hostname }) => [hostname]);
  const answers = await Promise.allSettled([dns.reverse(address), service]);
  const found = answers.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  // What has no name is called by its address.
  return found.map((name) => name.replace(/\.$/, "")).filter((name) => name !== address);
}

async function addressesOf(name: string): Promise<string[]> {
  const found = await process.getBuiltinModule("node:dns/promises").lookup(name, { all: true });
  return found.map(({ address }) => shortAddress(address));
}

function isNamed(names: readonly string[], pattern: string): boolean {
  if (!pattern.startsWith("*.")) return names.includes(pattern);
  return names.some((name) => name.endsWith(pattern.slice(1)));
}

async function resolves(names: readonly string[], address: string): Promise<string | undefined> {
  let failure = "";
  for (const name of names.filter((each) => !each.startsWith("*."))) {
    try {
      if ((await addressesOf(name)).includes(address)) return undefined;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  }
  const shown = names.map((name) => JSON.stringify(name)).join(" ");
  return `tls: "${address}" does not match any of DNSNames [${shown}] (${failure})`;
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no answer from the name servers within ${timeoutMs} ms`);
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Why a certificate is not that of the other side, as etcd judges members: one without any name or address is
 * good; otherwise the remote address must be in it, or have a name that is, or be what a name in it resolves to.
 *
 * @param remote `address:port`
 */
export async function addressProblem(
  { dnsNames, ipAddresses }: PeerCertificate,
  remote: string,
): Promise<string | undefined> {
  if (dnsNames.length === 0 && ipAddresses.length === 0) return undefined;
  const address = shortAddress(remote.slice(0, remote.lastIndexOf(":")));
  if (ipAddresses.includes(address)) return undefined;
  if (dnsNames.length === 0) {
    return `x509: certificate is valid for ${ipAddresses.join(", ")}, not ${address}`;
  }
  return await within(
    ADDRESS_CHECK_TIMEOUT_MS,
    (async () => {
      const names = await namesOf(address);
      if (dnsNames.some((pattern) => isNamed(names, pattern))) return undefined;
      return await resolves(dnsNames, address);
    })(),
  );
}

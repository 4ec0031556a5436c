import type { X509Certificate } from "node:crypto";
import type { CertificateRules, PeerCertificate, TlsServerOptions } from "../../tls.ts";
import { addressProblem } from "./address.ts";
import { revokedSerials } from "./crl.ts";
import { readTlsFile } from "./files.ts";
import { readPeerCertificate } from "./peer-certificate.ts";

/** The other side of a connection whose chain of certificates was verified. */
interface Presented {
  readonly certificate: X509Certificate;
  readonly facts: PeerCertificate;
  /** `address:port`. */
  readonly remoteAddress: string;
}

function revocationProblem(
  crlFile: string,
  disk: TlsServerOptions["disk"],
  leaf: X509Certificate,
): string | undefined {
  const revoked = revokedSerials(readTlsFile(disk, crlFile));
  const seen = new Set<X509Certificate>();
  for (
    let each: X509Certificate | undefined = leaf;
    each && !seen.has(each);
    each = each.issuerCertificate
  ) {
    seen.add(each);
    const { serial } = readPeerCertificate(each);
    if (revoked.has(serial)) return `transport: certificate serial ${serial} revoked`;
  }
  return undefined;
}

function nameProblem(rules: CertificateRules, facts: PeerCertificate): string | undefined {
  const { allowedCommonNames = [], allowedHostnames = [] } = rules;
  const wrongName = allowedCommonNames.length > 0 && !allowedCommonNames.includes(facts.commonName);
  const wrongHost =
    allowedHostnames.length > 0 && !allowedHostnames.some((host) => facts.covers(host));
  return wrongName || wrongHost ? "client certificate authentication failed" : undefined;
}

/** Why a verified certificate is refused all the same, in etcd's words; undefined: it is not. */
export async function certificateProblem(
  rules: CertificateRules,
  disk: TlsServerOptions["disk"],
  { certificate, facts, remoteAddress }: Presented,
): Promise<string | undefined> {
  try {
    const problem = nameProblem(rules, facts);
    if (problem !== undefined) return problem;
    const { crlFile = "", checkAddress = false } = rules;
    const revoked = crlFile === "" ? undefined : revocationProblem(crlFile, disk, certificate);
    if (revoked !== undefined) return revoked;
    return checkAddress ? await addressProblem(facts, remoteAddress) : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

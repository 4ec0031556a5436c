import type { Disk, Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { parseListenUrl } from "../listen-url.ts";
import { hasKeyPair, type TransportSecurity } from "../transport-security.ts";

const DAYS_A_YEAR = 365;

/** Appears whole or not at all; a power cut may take it away again, then it is made anew. */
function writeFile(disk: Disk, path: string, text: string, permissions: number): void {
  const temporary = `${path}.tmp`;
  if (disk.exists(temporary)) disk.remove(temporary);
  const file = disk.open(temporary, "create-new", permissions);
  try {
    file.write(Buffer.from(text), 0);
    file.sync();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
}

function hostsOf(urls: readonly string[]): string[] {
  const hosts = urls.flatMap((url) => {
    const address = parseListenUrl(url, "listen-client-urls");
    return address.kind === "tcp" ? [address.shownHost.replace(/^\[|\]$/g, "")] : [];
  });
  return [...new Set(hosts)];
}

interface AutoTls {
  readonly kind: "client" | "peer";
  readonly security: TransportSecurity;
  readonly urls: readonly string[];
}

/**
 * Puts a certificate of the member's own making in place of `autoTls`: in `fixtures/client` or `fixtures/peer` of the data
 * directory, as etcd does. One that is there is used as it is.
 */
export async function withAutoTls(
  { disk, clock }: Runtime,
  config: MemberConfig,
  logger: Logger,
  { kind, security, urls }: AutoTls,
): Promise<TransportSecurity> {
  if (security.autoTls !== true) return security;
  if (hasKeyPair(security)) {
    logger.warn(`ignoring ${kind} auto TLS since certs given`);
    return security;
  }
  const folder = `${config.dataDir}/fixtures/${kind}`;
  const [certFile, keyFile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  if (!disk.exists(certFile) || !disk.exists(keyFile)) {
    const days = config.selfSignedCertValidity * DAYS_A_YEAR;
    const now = clock.wallTime();
    logger.warn("automatically generate certificates", {
      "certificate-validity-bound-not-after": new Date(now + days * 86_400_000).toISOString(),
    });
    const { makeSelfSigned } = await import("@nodetcd/certificates");
    const made = await makeSelfSigned({ hosts: hostsOf(urls), validity: { now, days } });
    disk.makeDirectory(folder);
    writeFile(disk, certFile, made.cert, 0o644);
    logger.info("created cert file", { path: certFile });
    writeFile(disk, keyFile, made.key, 0o600);
    logger.info("created key file", { path: keyFile });
  }
  // All else is lost, as in etcd: a certificate that nobody has signed makes no one known.
  return { certFile, keyFile };
}

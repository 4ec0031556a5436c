import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { PeerCertificate } from "../../tls.ts";

/** `DNS:a, IP Address:1.2.3.4, DNS:"odd, one"`: odd names are in JSON's quotes. */
const NAME = /(?:^|, )([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

function names(certificate: X509Certificate, kind: string): string[] {
  const found = [...(certificate.subjectAltName ?? "").matchAll(NAME)];
  return found
    .filter(([, each]) => each === kind)
    .map(([, , text = ""]) => (text.startsWith('"') ? (JSON.parse(text) as string) : text));
}

/** The usual short form: `::1` instead of `0:0:0:0:0:0:0:1`, and `127.0.0.1` instead of `::ffff:127.0.0.1`. */
export function shortAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** Whether the certificate was made for this host name or address. */
export function certificateCovers(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  const strict = { subject: "never", partialWildcards: false } as const;
  return certificate.checkHost(host, strict) !== undefined;
}

function commonName(certificate: X509Certificate): string {
  const { CN: name } = certificate.toLegacyObject().subject as { CN?: string | string[] };
  return (Array.isArray(name) ? name.at(-1) : name) ?? "";
}

export function readPeerCertificate(certificate: X509Certificate): PeerCertificate {
  return {
    commonName: commonName(certificate),
    dnsNames: names(certificate, "DNS"),
    ipAddresses: names(certificate, "IP Address").map(shortAddress),
    serial: certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, ""),
    covers: (host) => certificateCovers(certificate, host),
  };
}

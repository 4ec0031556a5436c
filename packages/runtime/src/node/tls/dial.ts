import { X509Certificate } from "node:crypto";
import * as net from "node:net";
import type * as tls from "node:tls";
import type { TlsClientOptions } from "../../tls.ts";
import { nodeDisk } from "../disk.ts";
import { systemRoots } from "./files.ts";
import { certificateCovers, readPeerCertificate } from "./peer-certificate.ts";
import { protocolOptions } from "./protocol.ts";

/** What a certificate is for, in Go's words. */
function coverage(certificate: X509Certificate): string {
  const { dnsNames, ipAddresses } = readPeerCertificate(certificate);
  const names = [...dnsNames, ...ipAddresses];
  return names.length === 0 ? "no names" : names.join(", ");
}

function nameProblem(raw: Buffer, name: string): Error | undefined {
  const certificate = new X509Certificate(raw);
  if (certificateCovers(certificate, name)) return undefined;
  const text = `x509: certificate is valid for ${coverage(certificate)}, not ${name}`;
  return new Error(`tls: failed to verify certificate: ${text}`);
}

/** Options of `tls.connect` but for where to; `host` is what the certificate must be for unless a name is given. */
export function dialOptions(options: TlsClientOptions, host: string): tls.ConnectionOptions {
  const { ca, cert, key, alpn = [], skipVerify = false } = options;
  const name = options.serverName || host;
  const roots = ca ?? systemRoots(nodeDisk);
  const pem = (text: string | Uint8Array): string | Buffer =>
    typeof text === "string" ? text : Buffer.from(text);
  return {
    ...protocolOptions(options),
    ...(roots === undefined ? {} : { ca: pem(roots) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ALPNProtocols: [...alpn],
    // Addresses are no server names.
    servername: net.isIP(name) === 0 ? name : "",
    rejectUnauthorized: !skipVerify,
    checkServerIdentity: (_, { raw }) => (skipVerify ? undefined : nameProblem(raw, name)),
  };
}

const UNKNOWN_AUTHORITY = "x509: certificate signed by unknown authority";
const REASONS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  INVALID_PURPOSE: "x509: certificate specifies an incompatible key usage",
  CERT_HAS_EXPIRED: "x509: certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "x509: certificate has expired or is not yet valid",
};

/** Why a handshake failed, in the words of Go's clients where there are some. */
export function dialError(error: NodeJS.ErrnoException): string {
  const { code = "", message } = error;
  const reason = REASONS[code];
  if (reason !== undefined) return `tls: failed to verify certificate: ${reason}`;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return "tls: first record does not look like a TLS handshake; is it served without TLS?";
  }
  if (code === "ECONNRESET") {
    return "EOF in the TLS handshake; the server may be without TLS, or have refused the certificate";
  }
  return message;
}

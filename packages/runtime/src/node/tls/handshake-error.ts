/** Failures of handshakes in the words of Go, which etcd's log lines have. */

const UNKNOWN_AUTHORITY =
  "tls: failed to verify certificate: x509: certificate signed by unknown authority";

const WORDS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "tls: client didn't provide a certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  INVALID_PURPOSE:
    "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage",
  CERT_HAS_EXPIRED:
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID:
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
  ERR_SSL_HTTP_REQUEST: "tls: first record does not look like a TLS handshake",
  ERR_SSL_WRONG_VERSION_NUMBER: "tls: first record does not look like a TLS handshake",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "tls: client offered only unsupported versions",
  ERR_SSL_UNKNOWN_PROTOCOL: "tls: client offered only unsupported versions",
  ERR_SSL_VERSION_TOO_LOW: "tls: client offered only unsupported versions",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "tls: client requested unsupported application protocols",
  ERR_SSL_NO_SHARED_CIPHER: "tls: no cipher suite supported by both client and server",
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM:
    "tls: peer doesn't support any of the certificate's signature algorithms",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "remote error: tls: protocol version not supported",
};

/** Alerts of the other side, by OpenSSL's names. */
const ALERTS: readonly [RegExp, string][] = [
  [/ALERT_BAD_CERTIFICATE$/, "bad certificate"],
  [/ALERT_UNKNOWN_CA$/, "unknown certificate authority"],
  [/ALERT_CERTIFICATE_EXPIRED$/, "expired certificate"],
  [/ALERT_CERTIFICATE_UNKNOWN$/, "unknown certificate"],
  [/ALERT_CERTIFICATE_REQUIRED$/, "certificate required"],
  [/ALERT_HANDSHAKE_FAILURE$/, "handshake failure"],
  [/ALERT_INTERNAL_ERROR$/, "internal error"],
  [/ALERT_NO_APPLICATION_PROTOCOL$/, "no application protocol"],
  [/ALERT_PROTOCOL_VERSION$/, "protocol version not supported"],
];

const GONE = ["ECONNRESET", "EPIPE"];

/** Whether the other side has only gone away; `authorization` is why its certificate is not good, if it is not. */
export function isGone(code: string, authorization: string): boolean {
  return authorization === "" && GONE.includes(code);
}

/** @param authorization code of what is wrong with the client's certificate, or "" */
export function handshakeError(error: NodeJS.ErrnoException, authorization: string): string {
  const code = authorization || (error.code ?? "");
  if (isGone(code, authorization)) return "EOF";
  const alert = ALERTS.find(([pattern]) => pattern.test(code));
  if (alert !== undefined) return `remote error: tls: ${alert[1]}`;
  return WORDS[code] ?? `tls: ${error.message}`;
}

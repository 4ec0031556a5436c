import { CIPHER_SUITES, TLS_VERSIONS } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { ServerError } from "../errors.ts";
import { isSecureUrl } from "../listen-url.ts";
import { hasKeyPair, securityProblem } from "../transport-security.ts";

function refuse(message: string): never {
  throw new ServerError("BAD_CONFIG", message);
}

function checkVersions({ tlsMinVersion, tlsMaxVersion, cipherSuites }: MemberConfig): void {
  for (const version of [tlsMinVersion, tlsMaxVersion]) {
    if (version === "" || TLS_VERSIONS.includes(version)) continue;
    refuse(`unexpected TLS version "${version}" (must be one of: ${TLS_VERSIONS.join(", ")})`);
  }
  if (tlsMinVersion === "TLS1.3" && tlsMaxVersion === "TLS1.2") {
    refuse(`min version (${tlsMinVersion}) is greater than max version (${tlsMaxVersion})`);
  }
  if (tlsMinVersion === "TLS1.3" && cipherSuites.length > 0) {
    refuse("cipher suites cannot be configured when only TLS1.3 is enabled");
  }
}

/** What every implementation of HTTP/2 has. */
const REQUIRED = [
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
];

function checkCipherSuites(config: MemberConfig): void {
  const { cipherSuites, listenClientUrls, listenClientHttpUrls, tlsMinVersion } = config;
  const unknown = cipherSuites.find((name) => !CIPHER_SUITES.includes(name));
  if (unknown !== undefined) {
    refuse(`unexpected TLS cipher suite "${unknown}"; known are ${CIPHER_SUITES.join(", ")}`);
  }
  const withHttp = listenClientHttpUrls.length > 0 ? listenClientHttpUrls : listenClientUrls;
  if (cipherSuites.length === 0 || tlsMinVersion === "TLS1.3" || !withHttp.some(isSecureUrl))
    return;
  if (cipherSuites.some((name) => REQUIRED.includes(name))) return;
  refuse(
    "http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher " +
      `(need at least one of ${REQUIRED.join(" or ")})`,
  );
}

function checkPresence(config: MemberConfig): void {
  const { clientTls, peerTls } = config;
  const clientsServed = hasKeyPair(clientTls) || clientTls.autoTls === true;
  const client = [...config.listenClientUrls, ...config.listenClientHttpUrls].find(isSecureUrl);
  if (client !== undefined && !clientsServed) {
    refuse(
      `TLS key/cert (--cert-file, --key-file) must be provided for client url ${client} with HTTPS scheme`,
    );
  }
  const peer = config.listenPeerUrls.find((url) => url.startsWith("https:"));
  if (peer !== undefined && !hasKeyPair(peerTls) && peerTls.autoTls !== true) {
    const address = peer.replace(/^https:\/\//, "");
    refuse(
      `cannot listen on TLS for ${address}: KeyFile and CertFile are not presented ` +
        "(--peer-cert-file, --peer-key-file)",
    );
  }
  if (config.listenMetricsUrls.some(isSecureUrl) && !clientsServed) {
    refuse("client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url");
  }
}

/** Raises `BAD_CONFIG`, in etcd's words, for options of TLS that cannot work. */
export function checkSecurity(config: MemberConfig): void {
  checkVersions(config);
  checkCipherSuites(config);
  checkPresence(config);
  for (const security of [config.clientTls, config.peerTls]) {
    const problem = securityProblem(security);
    if (problem !== undefined) refuse(problem);
    if (security.autoTls === true && !hasKeyPair(security)) {
      const { selfSignedCertValidity: years } = config;
      if (years <= 0) refuse("selfSignedCertValidity is invalid,it should be greater than 0");
      if (years > 100) refuse("--self-signed-cert-validity is in years, and at most 100");
    }
  }
}

/**
 * TLS of one kind of port, as etcd's flags have it; the names are those of its configuration file's sections.
 * Paths are of PEM files.
 */
export interface TransportSecurity {
  /** Certificate of this server, with the intermediate ones after it. Goes with `keyFile`. Default "". */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** What this member shows where it dials itself or its peers. Default: `certFile` and `keyFile`. */
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
  /**
   * Roots of clients' certificates, read once. Clients must have one as soon as this is set. For peers also the
   * roots of the members that are dialled. Default "".
   */
  readonly trustedCaFile?: string;
  /**
   * Clients must have a certificate, and its common name is their user. Without `trustedCaFile` the system's
   * roots count. Default false.
   */
  readonly clientCertAuth?: boolean;
  /** Revocation list in DER, read at every handshake. Default "". */
  readonly crlFile?: string;
  /** Common names of which a client's certificate must have one. Default: any. */
  readonly allowedCommonNames?: readonly string[];
  /** Host names or addresses of which it must cover one; not together with common names. Default: any. */
  readonly allowedHostnames?: readonly string[];
  /** Makes a certificate in the data directory, and replaces all of the above but its own files. Default false. */
  readonly autoTls?: boolean;
  /** Peers need not have their own address in their certificate. Default false. */
  readonly skipClientSanVerification?: boolean;
}

/** Whether it says what certificate to serve with, or nothing at all. */
export function hasKeyPair({ certFile = "", keyFile = "" }: TransportSecurity): boolean {
  return certFile !== "" || keyFile !== "";
}

/** Whether clients are asked for certificates. */
export function wantsCertificates(security: TransportSecurity): boolean {
  return security.clientCertAuth === true || (security.trustedCaFile ?? "") !== "";
}

/** What cannot work, in etcd's words; undefined: nothing. */
export function securityProblem(security: TransportSecurity): string | undefined {
  const { certFile = "", keyFile = "", clientCertFile = "", clientKeyFile = "" } = security;
  const { allowedCommonNames = [], allowedHostnames = [] } = security;
  if (allowedCommonNames.length > 0 && allowedHostnames.length > 0) {
    const [cns, hostnames] = [allowedCommonNames, allowedHostnames].map((each) =>
      each.map((name) => JSON.stringify(name)).join(" "),
    );
    return `AllowedCNs and AllowedHostnames are mutually exclusive (cns=[${cns}], hostnames=[${hostnames}])`;
  }
  if ((certFile === "") !== (keyFile === "")) {
    return `KeyFile and CertFile must both be present[key: ${keyFile}, cert: ${certFile}]`;
  }
  if ((clientCertFile === "") !== (clientKeyFile === "")) {
    return (
      "ClientKeyFile and ClientCertFile must both be present or both absent: " +
      `key: ${clientKeyFile}, cert: ${clientCertFile}]`
    );
  }
  return undefined;
}

/** `cert = ..., key = ...`: all of it in one field of a log line, as etcd writes it. */
export function describeSecurity(security: TransportSecurity): string {
  const { certFile = "", keyFile = "", clientCertFile = "", clientKeyFile = "" } = security;
  const { trustedCaFile = "", clientCertAuth = false, crlFile = "" } = security;
  return (
    `cert = ${certFile}, key = ${keyFile}, client-cert=${clientCertFile}, client-key=${clientKeyFile}, ` +
    `trusted-ca = ${trustedCaFile}, client-cert-auth = ${clientCertAuth}, crl-file = ${crlFile}`
  );
}

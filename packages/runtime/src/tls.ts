import type { TlsVersion } from "./cipher-suites.ts";
import type { Disk } from "./disk.ts";

/** What a certificate says of its holder. Only of certificates whose chain was verified. */
export interface PeerCertificate {
  /** Common name of the subject, the last of several; "" when there is none. */
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  /** In the usual short form: `127.0.0.1`, `::1`. */
  readonly ipAddresses: readonly string[];
  /** In lower-case hexadecimal digits. */
  readonly serial: string;
  /** Whether it was made for this host name or address. Common names do not count. */
  covers(host: string): boolean;
}

/** What both sides of TLS can be told. */
export interface TlsProtocol {
  /** Default `TLS1.2`. */
  minVersion?: TlsVersion;
  /** Default: the newest. */
  maxVersion?: TlsVersion;
  /** Names as in etcd and Go, for TLS 1.2; those of 1.3 cannot be chosen. Default: `DEFAULT_CIPHER_SUITES`. */
  cipherSuites?: readonly string[];
}

/** Which certificates are good enough, beyond a chain to a trusted root. */
export interface CertificateRules {
  /**
   * DER file of a revocation list, read at every handshake. Serial numbers of all certificates presented are
   * compared, nothing else of the list is looked at, as in etcd. "" is none.
   */
  crlFile?: string;
  /** Common names of which the certificate must have one; none: any. */
  allowedCommonNames?: readonly string[];
  /** Host names or addresses of which the certificate must cover one; none: any. */
  allowedHostnames?: readonly string[];
  /** Whether an address or name in the certificate must be that of the other side, as between members. */
  checkAddress?: boolean;
}

export interface ClientCertificates extends CertificateRules {
  /** PEM file of the roots, read once; "": those of the system. */
  trustedCaFile: string;
}

export interface TlsServerOptions extends TlsProtocol {
  /** Reads the files. */
  disk: Pick<Disk, "readFile" | "exists">;
  /** PEM files, looked at in every handshake: a new one takes what they hold then. */
  certFile: string;
  keyFile: string;
  /** Absent: clients are not asked for certificates. */
  clients?: ClientCertificates;
  /** Protocols for ALPN, the best first. Clients that offer none of them are refused, those that offer nothing are not. */
  alpn: readonly string[];
}

/** A connection that did not get through its handshake. */
export interface TlsRejection {
  readonly remoteAddress: string;
  /** What the client called the server (SNI), or "". */
  readonly serverName: string;
  /** Of a certificate that was verified, and refused for another reason. */
  readonly certificate: PeerCertificate | undefined;
  /** Why, in the words of etcd. */
  readonly error: string;
  /** The client has only gone away. */
  readonly isEof: boolean;
}

/** One PEM text, or several. */
export type Pem = string | Uint8Array;

export interface TlsClientOptions extends TlsProtocol {
  /** Roots for the server's certificate. Default: those of the system. */
  ca?: Pem;
  /** Own certificate, with the intermediate ones after it; goes with `key`. */
  cert?: Pem;
  key?: Pem;
  /** Name in the server's certificate, and told to it (SNI). Default: the host that is dialled. */
  serverName?: string;
  /** Takes any certificate: encrypted, but to whom is not known. Default false. */
  skipVerify?: boolean;
  /** Default none. */
  alpn?: readonly string[];
}

import type { TlsVersion } from "@nodetcd/runtime";
import type { TransportSecurity } from "@nodetcd/server";
import { type Flag, flag } from "./flag.ts";
import { bool, duration, type Kind, origins, text, uint, words } from "./kinds.ts";

/** The empty text is no word. */
export const someWords: Kind<string[]> = {
  ...words,
  fromText: (value) => words.fromText(value).filter((word) => word !== ""),
  fromFile: (value) => words.fromFile(value).filter((word) => word !== ""),
};

/** The member checks it when it starts, with all else about TLS. */
const asVersion = (value: string): TlsVersion | "" => value as TlsVersion;

type Side = "clientTls" | "peerTls";
type Field = keyof TransportSecurity;

/** Empty values are left out, as if nothing had been said. */
function withField(given: TransportSecurity, field: Field, value: unknown): TransportSecurity {
  const others = Object.entries(given).filter(([name]) => name !== field);
  const isEmpty = value === "" || value === false || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(isEmpty ? others : [...others, [field, value]]);
}

/** A flag of one side, by its name here and in the settings. */
export function security<T>(
  side: Side,
  name: string,
  kind: Kind<T>,
  defaultText: string,
  help: string,
  field: Field,
): Flag {
  return flag(name, kind, defaultText, help, (draft, value) => {
    draft.config[side] = withField(draft.config[side], field, value);
  });
}

const client = (name: string, field: Field, help: string): Flag =>
  security("clientTls", name, text, "", help, field);
const peer = (name: string, field: Field, help: string): Flag =>
  security("peerTls", name, text, "", help, field);

export const SECURITY: readonly Flag[] = [
  client("cert-file", "certFile", "Certificate of the client URLs with https, in PEM."),
  client("key-file", "keyFile", "Its private key, in PEM."),
  security(
    "clientTls",
    "client-cert-auth",
    bool,
    "false",
    "Clients must show a certificate; its common name is their user.",
    "clientCertAuth",
  ),
  client(
    "client-cert-file",
    "clientCertFile",
    "Certificate that the member shows to itself; default: --cert-file.",
  ),
  client("client-key-file", "clientKeyFile", "Its private key."),
  client("client-crl-file", "crlFile", "Revocation list of clients' certificates, in DER."),
  security(
    "clientTls",
    "client-cert-allowed-hostname",
    someWords,
    "",
    "Host names or addresses, of which a client's certificate must have one.",
    "allowedHostnames",
  ),
  client(
    "trusted-ca-file",
    "trustedCaFile",
    "Roots of clients' certificates, in PEM; then they must have one.",
  ),
  security(
    "clientTls",
    "auto-tls",
    bool,
    "false",
    "Encrypt with a certificate of the member's own making, which proves nothing.",
    "autoTls",
  ),
  peer("peer-cert-file", "certFile", "Certificate of the peer URLs with https, in PEM."),
  peer("peer-key-file", "keyFile", "Its private key, in PEM."),
  security(
    "peerTls",
    "peer-client-cert-auth",
    bool,
    "false",
    "Peers must show a certificate.",
    "clientCertAuth",
  ),
  peer(
    "peer-client-cert-file",
    "clientCertFile",
    "Certificate shown to other members; default: --peer-cert-file.",
  ),
  peer("peer-client-key-file", "clientKeyFile", "Its private key."),
  peer(
    "peer-trusted-ca-file",
    "trustedCaFile",
    "Roots of the other members' certificates, in PEM.",
  ),
  security(
    "peerTls",
    "peer-cert-allowed-cn",
    someWords,
    "",
    "Common names, of which a peer's certificate must have one.",
    "allowedCommonNames",
  ),
  security(
    "peerTls",
    "peer-cert-allowed-hostname",
    someWords,
    "",
    "Host names or addresses, of which a peer's certificate must have one.",
    "allowedHostnames",
  ),
  security("peerTls", "peer-auto-tls", bool, "false", "As --auto-tls, between members.", "autoTls"),
  flag(
    "self-signed-cert-validity",
    uint,
    "1",
    "Years that certificates of --auto-tls and --peer-auto-tls are good for.",
    (draft, value) => {
      draft.config.selfSignedCertValidity = value;
    },
  ),
  peer("peer-crl-file", "crlFile", "Revocation list of peers' certificates, in DER."),
  flag(
    "cipher-suites",
    someWords,
    "",
    "Cipher suites of TLS 1.2 by Go's names; empty: six good ones. Those of 1.3 are always on.",
    (draft, value) => {
      draft.config.cipherSuites = value;
    },
  ),
  flag(
    "cors",
    origins,
    "*",
    "Origins, with port, whose web pages may use the JSON gateway; * is all.",
    (draft, value) => {
      draft.config.cors = value;
    },
  ),
  flag(
    "host-whitelist",
    words,
    "*",
    "Host names by which HTTP without TLS may be asked; * is all.",
    (draft, value) => {
      draft.config.hostWhitelist = value;
    },
  ),
  flag(
    "tls-min-version",
    text,
    "TLS1.2",
    "Oldest version of TLS: TLS1.2 or TLS1.3.",
    (draft, value) => {
      draft.config.tlsMinVersion = asVersion(value);
    },
  ),
  flag("tls-max-version", text, "", "Newest version of TLS; empty: the newest.", (draft, value) => {
    draft.config.tlsMaxVersion = asVersion(value);
  }),
];

/** Listed by etcd with its features. */
export const PEER_SKIP_SAN: Flag = security(
  "peerTls",
  "peer-skip-client-san-verification",
  bool,
  "false",
  "Do not ask whether a peer's certificate is for the address it comes from.",
  "skipClientSanVerification",
);

/** A record of who did what; not of etcd. */
const AUDIT: readonly Flag[] = [
  flag(
    "audit-log",
    text,
    "",
    "One line of JSON for each request: a file, or - for stdout.",
    (d, v) => {
      d.config.auditLog = v;
    },
  ),
  flag(
    "audit-log-rules",
    text,
    "",
    "What is written, as level:methods[:prefix];...; levels none, metadata, keys. Empty: all with keys.",
    (d, v) => {
      d.config.auditLogRules = v;
    },
  ),
  flag("audit-log-keys", text, "plain", "Keys as they are (plain) or hashed (hash).", (d, v) => {
    // The member checks it when it starts.
    d.config.auditLogKeys = v as "plain" | "hash";
  }),
  flag("audit-log-max-size", uint, "100", "MiB after which a new file is begun.", (d, v) => {
    d.config.auditLogMaxSize = v;
  }),
  flag("audit-log-max-files", uint, "5", "Old files kept.", (d, v) => {
    d.config.auditLogMaxFiles = v;
  }),
];

export const AUTH: readonly Flag[] = [
  flag("auth-token", text, "simple", "Tokens: simple, or jwt and its options.", (d, v) => {
    d.config.authToken = v;
  }),
  flag("bcrypt-cost", uint, "10", "Cost of hashing passwords, 4 to 31.", (d, v) => {
    d.config.bcryptCost = v;
  }),
  flag("auth-token-ttl", uint, "300", "Seconds that a simple token lives.", (d, v) => {
    d.config.authTokenTtlSeconds = v;
  }),
  flag(
    "auth-failure-delay",
    duration,
    "1s",
    "Longest delay of a login after others of its user or address failed; 0s: none.",
    (d, v) => {
      d.config.authFailureDelayMs = v;
    },
  ),
  ...AUDIT,
];

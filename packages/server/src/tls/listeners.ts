import {
  isCipherSuiteMissing,
  type Logger,
  type Runtime,
  type TlsServer,
  type TlsServerEvents,
  type TlsServerOptions,
} from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { ServerError } from "../errors.ts";
import { isSecureUrl } from "../listen-url.ts";
import { withAutoTls } from "./auto-tls.ts";
import { RejectionLog } from "./rejections.ts";
import {
  describeSecurity,
  hasKeyPair,
  type TransportSecurity,
  wantsCertificates,
} from "../transport-security.ts";

/** What a listener needs to take TLS. */
export type MakeTlsServer = (events: Omit<TlsServerEvents, "onRejected">) => TlsServer;

/** How TLS is served, by what is served; undefined: not at all. */
export interface SecureListeners {
  readonly clients: MakeTlsServer | undefined;
  readonly http: MakeTlsServer | undefined;
  readonly peers: MakeTlsServer | undefined;
  readonly metrics: MakeTlsServer | undefined;
}

function warnOfUnused(
  logger: Logger,
  kind: "client" | "peer",
  security: TransportSecurity,
  urls: readonly string[],
): void {
  const [scheme, flag, field] =
    kind === "client"
      ? ["http or unix", "--client-cert-auth", "client-url"]
      : ["HTTP", "--peer-client-cert-auth", "peer-url"];
  for (const url of urls.filter((each) => !isSecureUrl(each))) {
    if (hasKeyPair(security)) {
      const text = "while key and cert files are present; ignoring key and cert files";
      logger.warn(`scheme is ${scheme} ${text}`, { [field]: url });
    }
    if (security.clientCertAuth === true) {
      const text = `while ${flag} is enabled; ignoring client cert auth for this URL`;
      logger.warn(`scheme is ${scheme} ${text}`, { [field]: url });
    }
  }
}

function warnOfMissingSuites(logger: Logger, config: MemberConfig): void {
  const missing = config.cipherSuites.filter(isCipherSuiteMissing);
  if (missing.length === 0) return;
  logger.warn("cipher suites are left out: they are broken, and not built in", {
    "cipher-suites": missing,
  });
}

function serverOptions(
  { disk }: Runtime,
  config: MemberConfig,
  security: TransportSecurity,
): Omit<TlsServerOptions, "alpn"> {
  const { certFile = "", keyFile = "", trustedCaFile = "", crlFile = "" } = security;
  const { allowedCommonNames = [], allowedHostnames = [] } = security;
  const { cipherSuites, tlsMinVersion, tlsMaxVersion } = config;
  return {
    disk,
    certFile,
    keyFile,
    cipherSuites,
    ...(tlsMinVersion === "" ? {} : { minVersion: tlsMinVersion }),
    ...(tlsMaxVersion === "" ? {} : { maxVersion: tlsMaxVersion }),
    ...(wantsCertificates(security)
      ? { clients: { trustedCaFile, crlFile, allowedCommonNames, allowedHostnames } }
      : {}),
  };
}

/** A certificate must also be for the address it comes from. */
function checkingAddress(
  options: Omit<TlsServerOptions, "alpn">,
  checkAddress: boolean,
): Omit<TlsServerOptions, "alpn"> {
  const { clients } = options;
  return clients === undefined ? options : { ...options, clients: { ...clients, checkAddress } };
}

/** TLS of clients, peers and this member's own certificates, ready for `bindEndpoints`. */
export async function secureListeners(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): Promise<SecureListeners> {
  const clientUrls = [...config.listenClientUrls, ...config.listenClientHttpUrls];
  const { listenPeerUrls: peerUrls } = config;
  const given = [
    { kind: "peer", security: config.peerTls, urls: peerUrls },
    { kind: "client", security: config.clientTls, urls: clientUrls },
  ] as const;
  const [peer, client] = await Promise.all(
    given.map((each) => withAutoTls(runtime, config, logger, each)),
  );
  warnOfMissingSuites(logger, config);
  for (const { kind, security, urls } of [
    { ...given[0], security: peer! },
    { ...given[1], security: client! },
  ]) {
    warnOfUnused(logger, kind, security, urls);
    if (!hasKeyPair(security)) continue;
    logger.info(`starting with ${kind} TLS`, {
      "tls-info": describeSecurity(security),
      "cipher-suites": config.cipherSuites,
    });
  }
  const maker = (
    kind: "client" | "peer",
    security: TransportSecurity,
    alpn: readonly string[],
    checkAddress: boolean,
  ): MakeTlsServer | undefined => {
    if (!hasKeyPair(security)) return undefined;
    const log = new RejectionLog(logger, runtime.clock, kind);
    const options = checkingAddress(serverOptions(runtime, config, security), checkAddress);
    return (events) =>
      makeServer(runtime, { ...options, alpn }, { ...events, onRejected: (each) => log.add(each) });
  };
  const both = ["http/1.1", "h2"];
  const grpcAlpn = config.listenClientHttpUrls.length > 0 ? ["h2"] : both;
  return {
    clients: maker("client", client!, grpcAlpn, false),
    http: maker("client", client!, ["http/1.1"], false),
    peers: maker("peer", peer!, ["http/1.1"], config.peerTls.skipClientSanVerification !== true),
    metrics: maker("client", client!, ["http/1.1"], true),
  };
}

function makeServer(
  runtime: Runtime,
  options: TlsServerOptions,
  events: TlsServerEvents,
): TlsServer {
  try {
    return runtime.network.tlsServer(options, events);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ServerError("BAD_CONFIG", text, { cause: error });
  }
}

import type { DialerOptions } from "@nodetcd/peers";
import type { Disk, TlsClientOptions } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { hasKeyPair } from "../transport-security.ts";

/**
 * TLS towards other members: the peer certificate is shown where one is asked for, and theirs must be signed by the
 * trusted root. Certificates of `--peer-auto-tls` are signed by nobody, so then any is taken, as in etcd. Files
 * are read at each dial, so that renewed ones are used.
 */
export function peerDialOptions(
  disk: Pick<Disk, "readFile">,
  { dataDir, peerTls }: Pick<MemberConfig, "dataDir" | "peerTls">,
): NonNullable<DialerOptions["connect"]> {
  const automatic = peerTls.autoTls === true && !hasKeyPair(peerTls);
  const files = automatic
    ? { cert: `${dataDir}/fixtures/peer/cert.pem`, key: `${dataDir}/fixtures/peer/key.pem`, ca: "" }
    : {
        cert: peerTls.clientCertFile ?? peerTls.certFile ?? "",
        key: peerTls.clientKeyFile ?? peerTls.keyFile ?? "",
        ca: peerTls.trustedCaFile ?? "",
      };
  return ({ tls: isSecure }) => {
    if (!isSecure) return {};
    const tls: TlsClientOptions = { alpn: ["http/1.1"], skipVerify: automatic };
    if (files.ca !== "") tls.ca = disk.readFile(files.ca);
    if (files.cert !== "" && files.key !== "") {
      tls.cert = disk.readFile(files.cert);
      tls.key = disk.readFile(files.key);
    }
    return { tls };
  };
}

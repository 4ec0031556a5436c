import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MemberConfig } from "@nodetcd/server";
import type { ConsoleOptions } from "@nodetcd/console/node";

/**
 * How the console of a member in this process reaches it. With TLS by the addresses that clients are told, since
 * certificates are made for those, and with the member's own certificate, which it shows its peers and itself as well.
 */
export function reachMember(
  config: MemberConfig,
  clientUrls: readonly string[],
): Pick<ConsoleOptions, "endpoints" | "tls"> {
  const isSecure = clientUrls.some((url) => url.startsWith("https:"));
  if (!isSecure) return { endpoints: clientUrls };
  const { advertiseClientUrls, clientTls, dataDir } = config;
  const endpoints = advertiseClientUrls.length > 0 ? advertiseClientUrls : clientUrls;
  if (clientTls.autoTls === true) {
    const ca = readFileSync(join(dataDir, "fixtures", "client", "cert.pem"), "utf8");
    return { endpoints, tls: { ca } };
  }
  const { certFile = "", keyFile = "", clientCertFile, clientKeyFile, trustedCaFile } = clientTls;
  return {
    endpoints,
    tls: {
      ca: readFileSync(trustedCaFile || certFile, "utf8"),
      cert: readFileSync(clientCertFile || certFile, "utf8"),
      key: readFileSync(clientKeyFile || keyFile, "utf8"),
    },
  };
}

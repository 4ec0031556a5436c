import type * as tls from "node:tls";
import { openSslCiphers, type TlsVersion } from "../../cipher-suites.ts";
import type { TlsProtocol } from "../../tls.ts";

const VERSIONS: Readonly<Record<TlsVersion, tls.SecureVersion>> = {
  "TLS1.2": "TLSv1.2",
  "TLS1.3": "TLSv1.3",
};

/** The choices that both sides have, for `node:tls`. */
export function protocolOptions(options: TlsProtocol): tls.SecureContextOptions {
  const { minVersion = "TLS1.2", maxVersion = "TLS1.3", cipherSuites = [] } = options;
  return {
    minVersion: VERSIONS[minVersion],
    maxVersion: VERSIONS[maxVersion],
    ciphers: openSslCiphers(cipherSuites),
    // Those of the client first, as in Go, where both sides are good enough: it knows what its processor does fast.
    honorCipherOrder: false,
  };
}

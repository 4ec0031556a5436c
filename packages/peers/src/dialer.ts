import type { ConnectOptions, Network, Socket } from "@nodetcd/runtime";
import type { PeerUrl } from "./peer-urls.ts";

/** Opens a connection to a peer. */
export type Dialer = (url: PeerUrl) => Promise<Socket>;

export interface DialerOptions {
  /** Milliseconds until an attempt is given up (etcd: 1 s and the election timeout). */
  readonly timeoutMs: number;
  /** What `Network.connect` needs besides the address, by the kind of URL: settings of TLS. */
  readonly connect?: (url: PeerUrl) => Partial<ConnectOptions>;
}

/** Dials through the runtime's network. */
export function networkDialer(network: Network, options: DialerOptions): Dialer {
  const { timeoutMs, connect } = options;
  return (url) => {
    const more = connect?.(url) ?? {};
    const { where } = url;
    return where.kind === "unix"
      ? network.connectUnix({ ...more, path: where.path, timeoutMs })
      : network.connect({ ...more, host: where.host, port: where.port, timeoutMs });
  };
}

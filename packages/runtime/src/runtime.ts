export {
  CIPHER_SUITES,
  DEFAULT_CIPHER_SUITES,
  isCipherSuiteMissing,
  TLS_VERSIONS,
  type TlsVersion,
} from "./cipher-suites.ts";
export { type Clock, sleep, type Timer } from "./clock.ts";
export type { Digest, Digests } from "./digest.ts";
export {
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type OpenMode,
} from "./disk.ts";
export { goDuration, parseGoDuration } from "./go-duration.ts";
export type {
  Http1Exchange,
  Http1ExchangeHandler,
  Http1Handler,
  Http1Pieces,
  Http1Request,
  Http1Response,
} from "./http1.ts";
export {
  type ConnectOptions,
  type ConnectUnixOptions,
  type Http1Server,
  type Listener,
  type ListenOptions,
  type ListenUnixOptions,
  type Network,
  type Socket,
  type SocketLimit,
  SOCKET_HIGH_WATER_MARK,
  type TlsServer,
  type TlsServerEvents,
  UNIX_PATH_BYTES_MAX,
} from "./network.ts";
export type { AsymmetricKey, Keys } from "./keys.ts";
export { type LogFields, type Logger, type LogValue, silentLogger } from "./logger.ts";
export type { Random } from "./random.ts";
export type { Resolver, ServiceRecord } from "./resolver.ts";
export type {
  ClientCertificates,
  PeerCertificate,
  Pem,
  TlsClientOptions,
  TlsProtocol,
  TlsRejection,
  TlsServerOptions,
} from "./tls.ts";
export { SerialQueue } from "./serial-queue.ts";
export { removeGradually, shrinkAndClose } from "./shrink.ts";
export { inSlices, recordSteps, Slice } from "./slice.ts";

import type { Clock } from "./clock.ts";
import type { Digests } from "./digest.ts";
import type { Disk } from "./disk.ts";
import type { Keys } from "./keys.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import type { Resolver } from "./resolver.ts";

/** Everything a member needs from the world around it. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly resolver: Resolver;
  readonly digests: Digests;
  readonly keys: Keys;
}

import type { Logger, Runtime, SocketLimit } from "@nodetcd/runtime";
import { descriptorLimit } from "./descriptors.ts";
import { DESCRIPTORS_RESERVED, DESCRIPTORS_RESERVED_MIN, REFUSALS_LOG_MS } from "./limits.ts";

/** Of the descriptors kept for the member itself, one of so many may be a socket of peers or metrics. */
const RESERVED_PER_OTHER = 6;

/** Bounds of sockets by who comes; undefined: as many as come. */
export interface SocketLimits {
  readonly clients: SocketLimit | undefined;
  /** Peers and metrics, which must get through when clients have taken all. */
  readonly others: SocketLimit | undefined;
}

/** How many sockets a process with so many descriptors may take, and still open its own files. */
export function socketShares(descriptors: number): { clients: number; others: number } {
  const half = Math.floor(descriptors / 2);
  const reserved = Math.max(DESCRIPTORS_RESERVED_MIN, Math.min(DESCRIPTORS_RESERVED, half));
  return {
    clients: Math.max(1, descriptors - reserved),
    others: Math.floor(reserved / RESERVED_PER_OTHER),
  };
}

function boundedSockets(max: number, who: string, runtime: Runtime, logger: Logger): SocketLimit {
  let refused = 0;
  let quietUntil = -Infinity;
  return {
    max,
    open: 0,
    onRefused() {
      refused++;
      const now = runtime.clock.monotonic();
      if (now < quietUntil) return;
      quietUntil = now + REFUSALS_LOG_MS;
      logger.warn("refused connections: the file descriptor limit leaves room for no more", {
        from: who,
        refused,
        "open-connections": max,
      });
      refused = 0;
    },
  };
}

/** What the descriptor limit of the process leaves for sockets. */
export function socketLimits(runtime: Runtime, logger: Logger): SocketLimits {
  const limit = descriptorLimit(runtime.disk);
  if (limit === undefined) return { clients: undefined, others: undefined };
  const { clients, others } = socketShares(limit);
  const recommended = 2 * DESCRIPTORS_RESERVED;
  if (limit < recommended) {
    logger.warn("file descriptor limit of etcd process is too low; please set higher", {
      limit,
      "recommended-limit": recommended,
      "client-connections": clients,
    });
  }
  return {
    clients: boundedSockets(clients, "clients", runtime, logger),
    others: boundedSockets(others, "peers and metrics", runtime, logger),
  };
}

import type { Clock, Logger, TlsRejection } from "@nodetcd/runtime";
import { REJECTIONS_LOG_MS, REJECTIONS_LOGGED } from "../limits.ts";

/** Writes etcd's line for connections that did not get through their handshake; when there are very many, not for each. */
export class RejectionLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #message: string;
  #written = 0;
  #unwritten = 0;
  #windowEnds = -Infinity;

  constructor(logger: Logger, clock: Clock, kind: "client" | "peer") {
    this.#logger = logger;
    this.#clock = clock;
    this.#message = `rejected connection on ${kind} endpoint`;
  }

  add({ remoteAddress, serverName, certificate, error, isEof }: TlsRejection): void {
    const now = this.#clock.monotonic();
    if (now >= this.#windowEnds) this.#open(now);
    if (this.#written === REJECTIONS_LOGGED) {
      this.#unwritten++;
      return;
    }
    this.#written++;
    this.#logger[isEof ? "debug" : "warn"](this.#message, {
      "remote-addr": remoteAddress,
      "server-name": serverName,
      ...(certificate && {
        "ip-addresses": certificate.ipAddresses,
        "dns-names": certificate.dnsNames,
      }),
      error,
    });
  }

  #open(now: number): void {
    if (this.#unwritten > 0) {
      const more = { "not-logged": this.#unwritten };
      this.#logger.warn("connections were rejected that have no line of their own", more);
    }
    this.#windowEnds = now + REJECTIONS_LOG_MS;
    this.#written = 0;
    this.#unwritten = 0;
  }
}

import { Status, type StreamCall, type UnaryCall } from "@nodetcd/grpc";
import { HealthCheckRequest, HealthCheckResponse, ServingStatus } from "@nodetcd/messages";
import type { Logger } from "@nodetcd/runtime";
import { failCall, failStream } from "../wire/error-map.ts";

/** Whether calls are served, for `grpc.health.v1`, under the empty service name alone. */
export class HealthStatus {
  readonly #logger: Logger;
  readonly #watchers = new Set<(serving: boolean) => void>();
  #serving: boolean | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get serving(): boolean {
    return this.#serving === true;
  }

  set(serving: boolean): void {
    if (this.#serving === serving) return;
    this.#serving = serving;
    const status = serving ? "SERVING" : "NOT_SERVING";
    this.#logger.info("grpc service status changed", { service: "", status });
    for (const watcher of this.#watchers) watcher(serving);
  }

  /** Calls `watcher` at each change until the answered function is called. */
  watch(watcher: (serving: boolean) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}

const encodeStatus = (status: ServingStatus): Uint8Array => HealthCheckResponse.encode({ status });
const SERVING = encodeStatus(ServingStatus.SERVING);
const NOT_SERVING = encodeStatus(ServingStatus.NOT_SERVING);
const SERVICE_UNKNOWN = encodeStatus(ServingStatus.SERVICE_UNKNOWN);

const reply = (serving: boolean): Uint8Array => (serving ? SERVING : NOT_SERVING);

/** `grpc.health.v1.Health/Check` */
export function receiveHealthCheck(
  health: HealthStatus,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      if (HealthCheckRequest.decode(bytes).service === "") call.reply(reply(health.serving));
      else call.fail(Status.NOT_FOUND, "unknown service");
    } catch (error) {
      failCall(call, error);
    }
  };
}

/** `grpc.health.v1.Health/Watch` */
export function receiveHealthWatch(health: HealthStatus): (call: StreamCall) => void {
  return (call) => {
    call.onMessage = (bytes) => {
      try {
        if (HealthCheckRequest.decode(bytes).service !== "") {
          call.send(SERVICE_UNKNOWN);
          return;
        }
        call.onCancel = health.watch((serving) => call.send(reply(serving)));
        call.send(reply(health.serving));
      } catch (error) {
        failStream(call, error);
      }
    };
  };
}

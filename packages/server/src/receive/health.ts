import { Status } from "@nodetcd/grpc";
import {
  type HealthCheckRequest,
  HealthCheckResponse,
  type HealthListRequest,
  type HealthListResponse,
  ServingStatus,
} from "@nodetcd/messages";
import type { Logger } from "@nodetcd/runtime";
import { PENDING, type ServerStreamHandler, type UnaryHandler } from "./handler.ts";

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
): UnaryHandler<HealthCheckRequest, HealthCheckResponse> {
  return ({ service }, call) => {
    if (service === "") return reply(health.serving);
    call.fail(Status.NOT_FOUND, "unknown service");
    return PENDING;
  };
}

/** `grpc.health.v1.Health/List`: the one service there is, the empty name. */
export function receiveHealthList(
  health: HealthStatus,
): UnaryHandler<HealthListRequest, HealthListResponse> {
  return () => {
    const status = health.serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    return { statuses: [{ key: "", value: { status } }] };
  };
}

/** `grpc.health.v1.Health/Watch` */
export function receiveHealthWatch(health: HealthStatus): ServerStreamHandler<HealthCheckRequest> {
  return async ({ service }, call) => {
    if (service !== "") {
      call.send(SERVICE_UNKNOWN);
      return;
    }
    call.onCancel = health.watch((serving) => call.send(reply(serving)));
    call.send(reply(health.serving));
  };
}

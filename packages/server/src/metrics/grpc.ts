import {
  type GrpcServer,
  type MethodEntry,
  type Services,
  Status,
  type StatusCode,
} from "@nodetcd/grpc";
import { METHODS } from "@nodetcd/messages";
import { counter, gauge, type Labels, type Metric } from "@nodetcd/metrics";
import type { CallMeter } from "../measure/call-meter.ts";

/** The gRPC codes by their names as metrics spell them. */
const CODES: readonly (readonly [string, StatusCode])[] = Object.entries(Status).map(
  ([name, code]) => [codeName(name), code],
);

/** `DEADLINE_EXCEEDED` is `DeadlineExceeded`. */
function codeName(name: string): string {
  if (name === "OK") return name;
  if (name === "CANCELLED") return "Canceled";
  const words = name.toLowerCase().split("_");
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** `/etcdserverpb.KV/Put` as labels. */
function labels(method: MethodEntry): Labels {
  const [, service = "", name = ""] = method.path.split("/");
  return { grpc_type: method.kind, grpc_service: service, grpc_method: name };
}

/** What is counted of the client port. */
export interface GrpcMeasured {
  readonly services: Services;
  readonly servers: readonly GrpcServer[];
  readonly calls: CallMeter;
}

/** Calls, messages and bytes of the client port. */
export function grpcMetrics({ services, servers, calls }: GrpcMeasured): Metric[] {
  const sum = (read: (server: GrpcServer) => number): number =>
    servers.reduce((total, server) => total + read(server), 0);
  return [
    ...callMetrics(services, calls),
    counter(
      "etcd_server_client_requests_total",
      "The total number of client requests per client version.",
      function* () {
        const kinds = { unary: calls.unaryVersions, stream: calls.streamVersions };
        for (const [type, versions] of Object.entries(kinds)) {
          for (const [version, count] of versions.entries()) {
            yield [{ type, client_api_version: version }, count];
          }
        }
      },
    ),
    counter(
      "etcd_network_client_grpc_sent_bytes_total",
      "The total number of bytes sent to grpc clients.",
      () => sum((server) => server.sentBytes),
    ),
    counter(
      "etcd_network_client_grpc_received_bytes_total",
      "The total number of bytes received from grpc clients.",
      () => sum((server) => server.receivedBytes),
    ),
    gauge(
      "etcd_disk_defrag_inflight",
      "Whether or not defrag is active on the member. 1 means active, 0 means not.",
      () => underWay(services, METHODS.Maintenance.Defragment.path),
    ),
  ];
}

/** A row for each method. A unary call has one message each way, so those are not counted by themselves. */
function callMetrics(services: Services, calls: CallMeter): Metric[] {
  const each = (read: (method: MethodEntry) => number) =>
    function* (): Generator<[Labels, number]> {
      for (const method of services.methods()) yield [labels(method), read(method)];
    };
  return [
    counter(
      "grpc_server_started_total",
      "Total number of RPCs started on the server.",
      each(({ started }) => started),
    ),
    counter(
      "grpc_server_handled_total",
      "Total number of RPCs completed on the server, regardless of success or failure.",
      function* () {
        for (const method of services.methods()) {
          // Zeros too, as in etcd: the first failure of a kind is an increase that alerts can see.
          for (const [name, code] of CODES) {
            yield [{ ...labels(method), grpc_code: name }, method.handled.get(code) ?? 0];
          }
        }
      },
    ),
    counter(
      "grpc_server_msg_received_total",
      "Total number of RPC stream messages received on the server.",
      each(({ path, started }) => calls.messages.get(path)?.received ?? started),
    ),
    counter(
      "grpc_server_msg_sent_total",
      "Total number of gRPC stream messages sent by the server.",
      each(({ path, handled }) => calls.messages.get(path)?.sent ?? handled.get(Status.OK) ?? 0),
    ),
  ];
}

/** 1 while a call of this method goes on. */
function underWay(services: Services, path: string): number {
  const method = services.methods().find((each) => each.path === path);
  if (method === undefined) return 0;
  let ended = 0;
  for (const count of method.handled.values()) ended += count;
  return method.started > ended ? 1 : 0;
}

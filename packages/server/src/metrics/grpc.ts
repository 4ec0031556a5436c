import {
  type GrpcServer,
  type MethodEntry,
  type Services,
  Status,
  type StatusCode,
} from "@nodetcd/grpc";
import { METHODS } from "@nodetcd/messages";
import { Counter, type Registry } from "prom-client";
import type { CallMeter } from "../measure/call-meter.ts";
import { scraped } from "./scraped.ts";
import type { ClientVersions } from "../measure/client-versions.ts";

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
function labels(method: MethodEntry): {
  grpc_type: string;
  grpc_service: string;
  grpc_method: string;
} {
  const [, service = "", name = ""] = method.path.split("/");
  return { grpc_type: method.kind, grpc_service: service, grpc_method: name };
}

/** Messages of a method. A unary call has one each way, so those are not counted by themselves. */
type MessagesOf = (method: MethodEntry, calls: CallMeter) => number;

/** What is counted of the client port. */
export interface GrpcMeasured {
  readonly services: Services;
  readonly servers: readonly GrpcServer[];
  readonly calls: CallMeter;
}

/** Calls, messages and bytes of the client port. */
export function registerGrpcMetrics(registry: Registry, measured: GrpcMeasured): void {
  const { services, servers, calls } = measured;
  const registers = [registry];
  const { gauge, counter } = scraped(registry);
  const names = ["grpc_type", "grpc_service", "grpc_method"];
  new Counter({
    name: "grpc_server_started_total",
    help: "Total number of RPCs started on the server.",
    labelNames: names,
    registers,
    collect() {
      this.reset();
      for (const method of services.methods()) this.inc(labels(method), method.started);
    },
  });
  new Counter({
    name: "grpc_server_handled_total",
    help: "Total number of RPCs completed on the server, regardless of success or failure.",
    labelNames: [...names, "grpc_code"],
    registers,
    collect() {
      this.reset();
      for (const method of services.methods()) {
        const { handled } = method;
        // Zeros too, as in etcd: the first failure of a kind is an increase that alerts can see.
        for (const [name, code] of CODES) {
          this.inc({ ...labels(method), grpc_code: name }, handled.get(code) ?? 0);
        }
      }
    },
  });
  const messages = (name: string, help: string, read: MessagesOf): void => {
    new Counter({
      name,
      help,
      labelNames: names,
      registers,
      collect() {
        this.reset();
        for (const method of services.methods()) this.inc(labels(method), read(method, calls));
      },
    });
  };
  messages(
    "grpc_server_msg_received_total",
    "Total number of RPC stream messages received on the server.",
    (method, meter) => meter.messages.get(method.path)?.received ?? method.started,
  );
  messages(
    "grpc_server_msg_sent_total",
    "Total number of gRPC stream messages sent by the server.",
    (method, meter) => meter.messages.get(method.path)?.sent ?? method.handled.get(Status.OK) ?? 0,
  );
  new Counter({
    name: "etcd_server_client_requests_total",
    help: "The total number of client requests per client version.",
    labelNames: ["type", "client_api_version"],
    registers,
    collect() {
      this.reset();
      const add = (type: string, versions: ClientVersions): void => {
        for (const [version, count] of versions.entries()) {
          this.inc({ type, client_api_version: version }, count);
        }
      };
      add("unary", calls.unaryVersions);
      add("stream", calls.streamVersions);
    },
  });
  const sum = (read: (server: GrpcServer) => number): number =>
    servers.reduce((total, server) => total + read(server), 0);
  counter(
    "etcd_network_client_grpc_sent_bytes_total",
    "The total number of bytes sent to grpc clients.",
    () => sum((server) => server.sentBytes),
  );
  counter(
    "etcd_network_client_grpc_received_bytes_total",
    "The total number of bytes received from grpc clients.",
    () => sum((server) => server.receivedBytes),
  );
  gauge(
    "etcd_disk_defrag_inflight",
    "Whether or not defrag is active on the member. 1 means active, 0 means not.",
    () => underWay(services, METHODS.Maintenance.Defragment.path),
  );
}

/** 1 while a call of this method goes on. */
function underWay(services: Services, path: string): number {
  const method = services.methods().find((each) => each.path === path);
  if (method === undefined) return 0;
  let ended = 0;
  for (const count of method.handled.values()) ended += count;
  return method.started > ended ? 1 : 0;
}

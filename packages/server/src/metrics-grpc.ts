import { type GrpcServer, type MethodEntry, type Services, Status } from "@nodetcd/grpc";
import { Counter, type Registry } from "prom-client";

/** Names of the gRPC codes as metrics spell them, by number. */
const CODE_NAMES: readonly string[] = Object.keys(Status).map((name) =>
  name === "OK"
    ? name
    : name === "CANCELLED"
      ? "Canceled"
      : name
          .toLowerCase()
          .split("_")
          .map((word) => word[0]!.toUpperCase() + word.slice(1))
          .join(""),
);

/** `/etcdserverpb.KV/Put` as labels. */
function labels(method: MethodEntry): {
  grpc_type: string;
  grpc_service: string;
  grpc_method: string;
} {
  const [, service = "", name = ""] = method.path.split("/");
  return { grpc_type: method.kind, grpc_service: service, grpc_method: name };
}

/** Calls and bytes of the client port. */
export function registerGrpcMetrics(
  registry: Registry,
  services: Services,
  servers: readonly GrpcServer[],
): void {
  const registers = [registry];
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
        for (const [code, count] of method.handled) {
          this.inc({ ...labels(method), grpc_code: CODE_NAMES[code] ?? "Unknown" }, count);
        }
      }
    },
  });
  const sum = (read: (server: GrpcServer) => number): number =>
    servers.reduce((total, server) => total + read(server), 0);
  new Counter({
    name: "etcd_network_client_grpc_sent_bytes_total",
    help: "The total number of bytes sent to grpc clients.",
    registers,
    collect() {
      this.reset();
      this.inc(sum((server) => server.sentBytes));
    },
  });
  new Counter({
    name: "etcd_network_client_grpc_received_bytes_total",
    help: "The total number of bytes received from grpc clients.",
    registers,
    collect() {
      this.reset();
      this.inc(sum((server) => server.receivedBytes));
    },
  });
}

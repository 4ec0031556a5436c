import { GrpcServer, LocalTransport, type Services } from "@nodetcd/grpc";
import type { Http1ExchangeHandler, Http1Server } from "@nodetcd/runtime";
import type { CleanupStack } from "./cleanup-stack.ts";
import type { MemberConfig } from "./config.ts";
import type { Engine } from "./engine.ts";
import { Gateway } from "./http/gateway.ts";
import type { AuditQueue } from "./audit/queue.ts";
import { clientRouter, metricsRouter, newHttpCounters } from "./http/router.ts";
import { GRPC_OVERHEAD_BYTES } from "./limits.ts";
import { allEndpoints, type Endpoints } from "./listen.ts";
import type { ApplyMeter } from "./measure/apply-meter.ts";
import type { CallMeter } from "./measure/call-meter.ts";
import type { MemberContext } from "./member-context.ts";
import type { Metrics } from "./metrics/metrics.ts";

/** How long calls in progress may go on when the member stops, in milliseconds. */
const SHUTDOWN_GRACE_MS = 500;

/** Gives each address what is served there, and the metrics what they measure. */
export function serve(
  engine: Engine,
  services: Services,
  endpoints: Endpoints,
  metrics: Metrics,
  meters: {
    readonly calls: CallMeter;
    readonly applies: ApplyMeter;
    readonly audit: AuditQueue | undefined;
  },
  cleanup: CleanupStack,
): void {
  const { member } = engine;
  const { runtime, config } = member;
  const counters = newHttpCounters();
  const router = {
    member,
    counters,
    metrics: () => metrics.text(),
  };
  const http1 = (handler: Http1ExchangeHandler): Http1Server => {
    const server = runtime.network.serveHttp1(handler);
    cleanup.add(async () => server.close());
    return server;
  };
  const local = new LocalTransport(services, runtime.clock);
  const gateway = config.enableGrpcGateway
    ? new Gateway(local, maxMessageBytes(config))
    : undefined;
  const clientHttp = http1(clientRouter(router, gateway));
  cleanup.add(async () => local.close());
  // With addresses for HTTP alone the others carry gRPC alone.
  const grpc = grpcServer(member, services, endpoints.http.length === 0 ? clientHttp : undefined);
  cleanup.add(() => {
    const gone = grpc.shutdown(SHUTDOWN_GRACE_MS);
    // After the GOAWAY, or they would be opened again.
    meters.calls.endStreams();
    return gone;
  });
  metrics.measure({
    member,
    loop: engine.loop,
    ...meters,
    applied: engine.entries.counters,
    inFlight: engine.inFlight,
    http: counters,
    services,
    servers: [grpc],
    leasesExpired: () => engine.expiry.revoked,
    isInstalling: () => engine.replication.installer.installing,
  });
  for (const endpoint of endpoints.clients) endpoint.serveGrpc(grpc);
  for (const endpoint of endpoints.http) endpoint.serveHttp(clientHttp);
  if (endpoints.metrics.length > 0) {
    const metricsHttp = http1(metricsRouter(router));
    for (const endpoint of endpoints.metrics) endpoint.serveHttp(metricsHttp);
  }
  // Before anything else ends: a client that is refused tries elsewhere, one that is cut reports an error.
  cleanup.add(async () => {
    for (const endpoint of allEndpoints(endpoints)) endpoint.stopListening();
  });
}

/** Of a client's message: a request within its limit, and what is around it. */
function maxMessageBytes(config: MemberConfig): number {
  return config.maxRequestBytes + GRPC_OVERHEAD_BYTES;
}

function grpcServer(
  { runtime, config, logger }: MemberContext,
  services: Services,
  http1: Http1Server | undefined,
): GrpcServer {
  return new GrpcServer({
    services,
    clock: runtime.clock,
    maxReceiveMessageBytes: maxMessageBytes(config),
    maxConcurrentStreams: config.maxConcurrentStreams,
    keepalive: {
      minTimeMs: config.grpcKeepaliveMinMs,
      intervalMs: config.grpcKeepaliveIntervalMs,
      timeoutMs: config.grpcKeepaliveTimeoutMs,
    },
    logger,
    ...(http1 === undefined ? {} : { http1 }),
  });
}

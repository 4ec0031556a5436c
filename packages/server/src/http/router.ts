import { CONTENT_TYPE } from "@nodetcd/metrics";
import type {
  Http1Exchange,
  Http1ExchangeHandler,
  Http1Handler,
  Http1Request,
  Http1Response,
} from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { type CheckCounts, serveChecks } from "./checks.ts";
import { serveDebugVars } from "./debug-vars.ts";
import type { Gateway } from "./gateway.ts";
import { type HealthCounters, serveHealth } from "./health.ts";
import { guardOrigins } from "./origins.ts";
import { refuseOtherThanGet, textReply } from "./reply.ts";
import { serveVersion } from "./version.ts";

/** What HTTP counts; read when metrics are scraped. */
export interface HttpCounters {
  readonly health: HealthCounters;
  readonly checks: CheckCounts;
}

export function newHttpCounters(): HttpCounters {
  return { health: { success: 0, failures: 0 }, checks: new Map() };
}

export interface RouterOptions {
  readonly member: MemberContext;
  readonly counters: HttpCounters;
  /** The whole text of `/metrics`. */
  readonly metrics: () => string;
}

/** `/livez`, or `/livez/` and the name of a check. */
const CHECK_PATH = /^\/(livez|readyz)(?:\/(.*))?$/;

function serveMetrics(options: RouterOptions, request: Http1Request): Http1Response {
  const refusal = refuseOtherThanGet(request);
  if (refusal !== undefined) return refusal;
  return { status: 200, headers: { "Content-Type": CONTENT_TYPE }, body: options.metrics() };
}

type Answer = Http1Response | Promise<Http1Response>;

/** What watches over a member asks for; undefined for another path. */
function serveMonitoring(options: RouterOptions, request: Http1Request): Answer | undefined {
  const { member, counters } = options;
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname === "/health") return serveHealth(member, counters.health, request, searchParams);
  if (pathname === "/metrics") return serveMetrics(options, request);
  const [, kind, check] = CHECK_PATH.exec(pathname) ?? [];
  if (kind === "livez" || kind === "readyz") {
    return serveChecks(member, kind, check, counters.checks, request, searchParams);
  }
  return undefined;
}

/** The paths of the ports of `listenMetricsUrls`. */
export function metricsRouter(options: RouterOptions): Http1Handler {
  return (request) => serveMonitoring(options, request) ?? textReply(404, "404 page not found\n");
}

const NAMED_CLIENT =
  "CommonName of client sending a request against gateway will be ignored and not used as expected";

/** Behind the gateway certificates name nobody: who may count on it is told, as by etcd. */
function refuseNamedClient(
  { auth, config }: MemberContext,
  { peerCertificate, url }: Http1Exchange,
): Http1Response | undefined {
  if (config.clientTls.clientCertAuth !== true || !auth.enabled) return undefined;
  const isNamed = peerCertificate !== undefined && peerCertificate.commonName !== "";
  return isNamed && /^\/v3(beta)?\//.test(url) ? textReply(400, `${NAMED_CLIENT}\n`) : undefined;
}

/** The paths of the client ports; those under `/v3/` unless `gateway` is undefined. */
export function clientRouter(
  options: RouterOptions,
  gateway: Gateway | undefined,
): Http1ExchangeHandler {
  const { member } = options;
  return guardOrigins(member.config, (request) => {
    const called = gateway && (refuseNamedClient(member, request) ?? gateway.serve(request));
    if (called !== undefined) return called;
    const monitoring = serveMonitoring(options, request);
    if (monitoring !== undefined) return monitoring;
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/version") return serveVersion(member, request);
    if (pathname === "/debug/vars") return serveDebugVars(member, request);
    return textReply(404, "404 page not found\n");
  });
}

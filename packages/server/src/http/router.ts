import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { CONTENT_TYPE } from "@nodetcd/metrics";
import type {
  Http1Exchange,
  Http1ExchangeHandler,
  Http1Request,
  Http1Response,
} from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { type CheckCounts, serveChecks } from "./checks.ts";
import { serveDebugVars } from "./debug-vars.ts";
import type { Gateway } from "./gateway.ts";
import { type HealthCounters, serveHealth } from "./health.ts";
import { guardOrigins } from "./origins.ts";
import { textReply } from "./reply.ts";
import { targetOf, withCleanPath } from "./target.ts";
import { serveVersion } from "./version.ts";

const gzip: (text: string) => Promise<Uint8Array> = promisify(zlib.gzip);

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

/** By any method, as in etcd; packed for those who take that. */
async function serveMetrics(options: RouterOptions, request: Http1Request): Promise<Http1Response> {
  const text = options.metrics();
  const headers = { "Content-Type": CONTENT_TYPE };
  const accepted = request.headers.get("accept-encoding") ?? "";
  if (!/(^|[\s,])gzip\s*(?:$|,|;\s*q=(?!0(?:\.0*)?\s*(?:,|$)))/i.test(accepted)) {
    return { status: 200, headers, body: text };
  }
  return {
    status: 200,
    headers: { ...headers, "Content-Encoding": "gzip" },
    body: await gzip(text),
  };
}

type Answer = Http1Response | Promise<Http1Response>;

/** What watches over a member asks for; undefined for another path. */
function serveMonitoring(options: RouterOptions, request: Http1Request): Answer | undefined {
  const { member, counters } = options;
  const { path, query } = targetOf(request)!;
  const asked = new URLSearchParams(query);
  if (path === "/health") return serveHealth(member, counters.health, request, asked);
  if (path === "/metrics") return serveMetrics(options, request);
  const [, kind, check] = CHECK_PATH.exec(path) ?? [];
  if (kind === "livez" || kind === "readyz") {
    return serveChecks(member, kind, check, counters.checks, request, asked);
  }
  return undefined;
}

/** The paths of the ports of `listenMetricsUrls`. A request whose target is no path comes to no handler. */
export function metricsRouter(options: RouterOptions): Http1ExchangeHandler {
  return withCleanPath(
    (request) => serveMonitoring(options, request) ?? textReply(404, "404 page not found\n"),
  );
}

const NAMED_CLIENT =
  "CommonName of client sending a request against gateway will be ignored and not used as expected";

/** Behind the gateway certificates name nobody: who may count on it is told, as by etcd. */
function refuseNamedClient(
  { auth, config }: MemberContext,
  exchange: Http1Exchange,
): Http1Response | undefined {
  if (config.clientTls.clientCertAuth !== true || !auth.enabled) return undefined;
  const { peerCertificate } = exchange;
  const isNamed = peerCertificate !== undefined && peerCertificate.commonName !== "";
  const isCall = /^\/v3(beta)?\//.test(targetOf(exchange)!.path);
  return isNamed && isCall ? textReply(400, `${NAMED_CLIENT}\n`) : undefined;
}

/** The paths of the client ports; those under `/v3/` unless `gateway` is undefined. */
export function clientRouter(
  options: RouterOptions,
  gateway: Gateway | undefined,
): Http1ExchangeHandler {
  const { member } = options;
  const serve: Http1ExchangeHandler = (request) => {
    const called = gateway && (refuseNamedClient(member, request) ?? gateway.serve(request));
    if (called !== undefined) return called;
    const monitoring = serveMonitoring(options, request);
    if (monitoring !== undefined) return monitoring;
    const { path } = targetOf(request)!;
    if (path === "/version") return serveVersion(member, request);
    if (path === "/debug/vars") return serveDebugVars(member, request);
    return textReply(404, "404 page not found\n");
  };
  return guardOrigins(member.config, withCleanPath(serve));
}

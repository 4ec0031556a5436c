import {
  DeleteRangeRequest,
  METHODS,
  type MethodPath,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "@nodetcd/messages";
import { type Clock, goDuration, type Logger } from "@nodetcd/runtime";
import { isReadOnly } from "../read/read-only-txn.ts";
import type { MemberConfig } from "../config.ts";
import type { SlowCall } from "./metered-unary.ts";
import { bareSize, countDeleted, countRange, countTxn, NOTHING } from "./reply-counts.ts";
import { deleteRangeText, putText, rangeText, txnText } from "./request-text.ts";

export interface SlowCallOptions {
  readonly config: MemberConfig;
  readonly logger: Logger;
  readonly clock: Clock;
}

type SlowCallOf = SlowCall & { readonly path: MethodPath };

/** Counts as etcd prints them; -1 for methods that it does not look into, and for very long replies. */
interface Stats {
  readonly requestCount: number;
  /** Of a transaction: that of the branch it took. Default: all of the request. */
  readonly requestSize?: number;
  readonly responseCount: number;
  readonly content: string;
  /** For a read: how etcd begins its warning, and what it says of the answer. */
  readonly read?: { readonly prefix: string; readonly response: string };
}

/**
 * Logs what etcd logs of a slow call: `request stats` beyond `warningUnaryRequestDurationMs`, and `apply
 * request took too long` for a read beyond `warningApplyDurationMs`. True when it was a slow read.
 */
export function warnOfSlowCall(options: SlowCallOptions, call: SlowCallOf): boolean {
  const { config, logger } = options;
  const stats = describe(call);
  const { tookMs } = call;
  const isSlowRead = stats?.read !== undefined && tookMs > config.warningApplyDurationMs;
  if (isSlowRead && stats.read !== undefined) {
    logger.warn("apply request took too long", {
      took: goDuration(tookMs),
      "expected-duration": goDuration(config.warningApplyDurationMs),
      prefix: stats.read.prefix,
      request: stats.content,
      response: stats.read.response,
      ...(call.reply === undefined ? { error: call.error.replace(/^etcdserver: /, "") } : {}),
    });
  }
  const unary = config.warningUnaryRequestDurationMs;
  if (unary > 0 && tookMs > unary) warnOfRequest(options, call, stats);
  return isSlowRead;
}

function warnOfRequest(
  { logger, clock }: SlowCallOptions,
  call: SlowCallOf,
  stats: Stats | undefined,
): void {
  const start = new Date(clock.wallTime() - call.tookMs).toISOString().replace("Z", "000Z");
  logger.warn("request stats", {
    "start time": start,
    "time spent": goDuration(call.tookMs),
    remote: call.peer,
    "response type": call.path,
    "request count": stats?.requestCount ?? -1,
    "request size": stats === undefined ? -1 : (stats.requestSize ?? call.request.length),
    "response count": stats?.responseCount ?? -1,
    "response size": stats === undefined ? -1 : (call.reply?.length ?? 0),
    "request content": stats?.content ?? "",
  });
}

/** Undefined for methods that etcd does not look into, and for a request that cannot be read. */
function describe(call: SlowCallOf): Stats | undefined {
  try {
    switch (call.path) {
      case METHODS.KV.Range.path:
        return describeRange(call);
      case METHODS.KV.Put.path:
        return {
          requestCount: 1,
          responseCount: 0,
          content: putText(PutRequest.decode(call.request)),
        };
      case METHODS.KV.DeleteRange.path:
        return describeDelete(call);
      case METHODS.KV.Txn.path:
        return describeTxn(call);
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

function describeRange({ request, reply }: SlowCallOf): Stats {
  const content = rangeText(RangeRequest.decode(request));
  const prefix = "read-only range ";
  if (reply === undefined) {
    return { requestCount: 0, responseCount: 0, content, read: { prefix, response: "" } };
  }
  const { pairs, count } = countRange(reply);
  const response = `range_response_count:${pairs} size:${bareSize(reply)}`;
  return { requestCount: 0, responseCount: count, content, read: { prefix, response } };
}

function describeDelete({ request, reply }: SlowCallOf): Stats {
  const responseCount = reply === undefined ? 0 : countDeleted(reply);
  const content = deleteRangeText(DeleteRangeRequest.decode(request));
  return { requestCount: 0, responseCount, content };
}

function describeTxn({ request, reply }: SlowCallOf): Stats {
  const decoded = TxnRequest.decode(request);
  const { succeeded, pairs } = reply === undefined ? NOTHING : countTxn(reply);
  const branch = succeeded ? decoded.success : decoded.failure;
  let requestSize = 0;
  for (const operation of branch) requestSize += RequestOp.encode(operation).length;
  const content = txnText(decoded);
  const stats = { requestCount: branch.length, requestSize, responseCount: 0, content };
  if (!isReadOnly(decoded)) return stats;
  const counts = pairs.map((each) => `range_response_count:${each}`);
  const text = reply === undefined ? "" : `responses:<${counts.join(" ")}> size:${bareSize(reply)}`;
  return { ...stats, read: { prefix: "read-only txn ", response: text } };
}

import { AlarmType, RangeRequest } from "@nodetcd/messages";
import type { Http1Request, Http1Response } from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { findRange } from "../read/range.ts";
import { alarmName } from "../receive/status.ts";
import { errorText, toRequestError } from "../wire/error-map.ts";
import { refuseOtherThanGet, textReply } from "./reply.ts";

/** Counts of answers, for the metrics. */
export interface HealthCounters {
  success: number;
  failures: number;
}

/** Reads something, as clients would; undefined when it works, else why it does not. */
export async function tryRead(
  member: MemberContext,
  serializable: boolean,
): Promise<string | undefined> {
  try {
    if (!serializable) await member.reads.wait();
    findRange(member.store, { ...RangeRequest.create(), key: Uint8Array.of(0), limit: 1 });
    return undefined;
  } catch (error) {
    return errorText(toRequestError(error));
  }
}

async function findProblem(member: MemberContext, query: URLSearchParams): Promise<string> {
  const excluded = new Set(query.getAll("exclude"));
  const serializable = query.get("serializable") === "true";
  for (const { alarm } of member.alarms.list(AlarmType.NONE)) {
    const name = alarmName(alarm);
    if (!excluded.has(name)) return `ALARM ${name}`;
  }
  if (!serializable && member.raft.leader === 0n) return "RAFT NO LEADER";
  const failure = await tryRead(member, serializable);
  return failure === undefined ? "" : `RANGE ERROR:${failure}`;
}

/** `GET /health`: `{"health":"true","reason":""}`, or 503 with the reason. */
export async function serveHealth(
  member: MemberContext,
  counters: HealthCounters,
  request: Http1Request,
  query: URLSearchParams,
): Promise<Http1Response> {
  const refusal = refuseOtherThanGet(request);
  if (refusal !== undefined) return refusal;
  const reason = await findProblem(member, query);
  const healthy = reason === "";
  counters[healthy ? "success" : "failures"]++;
  const body = JSON.stringify({ health: String(healthy), reason });
  if (healthy)
    return { ...textReply(200, body), headers: { "Content-Type": "text/plain; charset=utf-8" } };
  member.logger.warn("/health error", { output: body, "status-code": 503 });
  return textReply(503, `${body}\n`);
}

import { AlarmType } from "@nodetcd/messages";
import type { Http1Request, Http1Response } from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { tryRead } from "./health.ts";
import { refuseOtherThanGet, textReply } from "./reply.ts";

/** Undefined when all is well, else what is wrong. */
type Check = (member: MemberContext) => Promise<string | undefined>;

const serializableRead: Check = (member) => tryRead(member, true);
const linearizableRead: Check = (member) => tryRead(member, false);
const dataCorruption: Check = async (member) =>
  member.alarms.has(AlarmType.CORRUPT) ? "alarm activated: CORRUPT" : undefined;
const nonLearner: Check = async (member) =>
  member.cluster.member(member.memberId)?.isLearner === true
    ? "not supported for learner"
    : undefined;

/** What each of the two endpoints looks at, by the names that callers use. */
const CHECKS: Readonly<Record<"livez" | "readyz", Readonly<Record<string, Check>>>> = {
  livez: { serializable_read: serializableRead },
  readyz: {
    data_corruption: dataCorruption,
    serializable_read: serializableRead,
    linearizable_read: linearizableRead,
    non_learner: nonLearner,
  },
};

/** Outcomes of checks, for the metrics: by `type`, `name` and whether it succeeded. */
export type CheckCounts = Map<string, { success: number; error: number; last: boolean }>;

async function runChecks(
  member: MemberContext,
  kind: "livez" | "readyz",
  names: readonly string[],
  counts: CheckCounts,
): Promise<{ healthy: boolean; report: string }> {
  let healthy = true;
  let report = "";
  for (const name of names) {
    const failure = await CHECKS[kind][name]!(member);
    const key = `${kind} ${name}`;
    const count = counts.get(key) ?? { success: 0, error: 0, last: true };
    counts.set(key, count);
    count[failure === undefined ? "success" : "error"]++;
    count.last = failure === undefined;
    healthy &&= failure === undefined;
    report += failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${failure}\n`;
  }
  return { healthy, report };
}

/** `GET /livez`, `/readyz` and `/livez/<check>`: `ok`, or 503 with a line for each check. */
export async function serveChecks(
  member: MemberContext,
  kind: "livez" | "readyz",
  only: string | undefined,
  counts: CheckCounts,
  request: Http1Request,
  query: URLSearchParams,
): Promise<Http1Response> {
  if (only !== undefined && !Object.hasOwn(CHECKS[kind], only)) {
    return textReply(404, "404 page not found\n");
  }
  const refusal = refuseOtherThanGet(request);
  if (refusal !== undefined) return refusal;
  const excluded = new Set(query.getAll("exclude"));
  const names =
    only === undefined ? Object.keys(CHECKS[kind]).filter((name) => !excluded.has(name)) : [only];
  const { healthy, report } = await runChecks(member, kind, names, counts);
  if (healthy) return textReply(200, `${query.has("verbose") ? report : ""}ok\n`);
  member.logger.error("Health check error", {
    path: request.url,
    reason: report,
    "status-code": 503,
  });
  return textReply(503, `${report}\n`);
}

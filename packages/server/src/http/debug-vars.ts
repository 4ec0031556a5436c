import type { Http1Request, Http1Response } from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { hexId } from "@nodetcd/peers";
import { jsonReply, refuseOtherThanGet } from "./reply.ts";

/** `GET /debug/vars`: a look inside, in the form of Go's expvar. */
export function serveDebugVars(member: MemberContext, request: Http1Request): Http1Response {
  const refusal = refuseOtherThanGet(request);
  if (refusal !== undefined) return refusal;
  const { raft, applied, memberId } = member;
  const memory = process.memoryUsage();
  const values = {
    cmdline: process.argv,
    "raft.status": {
      id: hexId(memberId),
      term: raft.term,
      commit: raft.committedIndex,
      lead: hexId(raft.leader),
      raftState: raft.isLeader ? "StateLeader" : "StateFollower",
      applied: applied.index,
    },
    memstats: memory,
  };
  return jsonReply(values, "application/json; charset=utf-8");
}

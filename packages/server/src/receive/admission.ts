import type { ServerCall } from "@nodetcd/grpc";
import type { MethodPath } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { ANYBODY, type Caller } from "../wire/caller.ts";

/** Decides whether a call may go on, and as whose; raises the `RequestError` that refuses it. */
export type Admission = (path: MethodPath, call: ServerCall) => Caller | Promise<Caller>;

/** What every call of every method passes before anything is done for it. */
export function admission({ raft }: Pick<MemberContext, "raft">): Admission {
  return (_path, call) => {
    // A client that wants no answer of a member that has no leader says so.
    if (raft.leader === 0n && call.metadata.get("hasleader") === "true") {
      throw new RequestError("NO_LEADER");
    }
    return ANYBODY;
  };
}

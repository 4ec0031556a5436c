import type { ServerCall } from "@nodetcd/grpc";
import { type MethodPath, METHODS } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { ANYBODY, type Caller } from "../wire/caller.ts";
import { firstRefusal } from "./form.ts";
import { checkRule, isIdentified } from "./rules.ts";

/** What a member without a vote answers; of ranges only the serializable ones. */
const FOR_LEARNERS: ReadonlySet<MethodPath> = new Set([
  METHODS.KV.Range.path,
  METHODS.Maintenance.Status.path,
  METHODS.Maintenance.Snapshot.path,
]);

/** What every call of a method passes before anything is done for it. */
export interface Gate {
  /** Who is it? Raises the `RequestError` (or an `AuthError`) that refuses the call. */
  admit(call: ServerCall): Caller | Promise<Caller>;
  /** May he? Asked for each request of a unary or server-streaming method; raises what refuses it. */
  allow(request: unknown, caller: Caller): void;
  /** Called with what `admit` or `allow` raised; answers what the client is told. */
  refusal(bytes: Uint8Array, error: unknown): unknown;
}

/** The gate of each method; asked once for each, at the start. */
export type Admission = (path: MethodPath) => Gate;

export function admission({
  raft,
  auth,
  access,
}: Pick<MemberContext, "raft" | "auth" | "access">): Admission {
  return (path) => {
    const isForLearners = FOR_LEARNERS.has(path);
    const isAsked = isIdentified(path);
    return {
      admit(call) {
        if (raft.isLearner && !isForLearners) throw new RequestError("LEARNER");
        // A client that wants no answer of a member that has no leader says so.
        if (raft.leader === 0n && call.metadata.get("hasleader") === "true") {
          throw new RequestError("NO_LEADER");
        }
        return isAsked ? access.identify(call) : ANYBODY;
      },
      allow: (request, caller) => checkRule(auth, path, request, caller),
      refusal: (bytes, error) => firstRefusal(path, bytes, error),
    };
  };
}

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

/** What every call of every method passes before anything is done for it. */
export interface Admission {
  /** Who is it? Raises the `RequestError` (or an `AuthError`) that refuses the call. */
  admit(path: MethodPath, call: ServerCall): Caller | Promise<Caller>;
  /** May he? Asked for each request of a unary or server-streaming method; raises what refuses it. */
  allow(path: MethodPath, request: unknown, caller: Caller): void;
  /** Called with what `admit` or `allow` raised; answers what the client is told. */
  refusal(path: MethodPath, bytes: Uint8Array, error: unknown): unknown;
}

export function admission({
  raft,
  auth,
  access,
}: Pick<MemberContext, "raft" | "auth" | "access">): Admission {
  return {
    admit(path, call) {
      if (raft.isLearner && !FOR_LEARNERS.has(path)) throw new RequestError("LEARNER");
      // A client that wants no answer of a member that has no leader says so.
      if (raft.leader === 0n && call.metadata.get("hasleader") === "true") {
        throw new RequestError("NO_LEADER");
      }
      return isIdentified(path) ? access.identify(call) : ANYBODY;
    },
    allow: (path, request, caller) => checkRule(auth, path, request, caller),
    refusal: firstRefusal,
  };
}

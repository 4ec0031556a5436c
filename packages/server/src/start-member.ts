import type { Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";
import type { Member } from "./member.ts";

/** Starts a member; see `MemberConfig`. Raises `ServerError`. */
export function startMember(
  _runtime: Runtime,
  _config: MemberConfig,
  _logger: Logger,
): Promise<Member> {
  return Promise.reject(new ServerError("NOT_BUILT_YET", "startMember is not built yet"));
}

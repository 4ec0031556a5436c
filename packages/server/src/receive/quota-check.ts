import type { UnaryCall } from "@nodetcd/grpc";
import { AlarmAction, AlarmType } from "@nodetcd/messages";
import type { Core } from "../core.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "./error-to-status.ts";

/** Raises the NOSPACE alarm of this member in the whole cluster; settles when it is in force. */
export async function raiseNoSpace(core: Pick<Core, "proposer" | "memberId">): Promise<void> {
  await core.proposer.proposeMessage({
    alarm: {
      memberId: core.memberId,
      action: AlarmAction.ACTIVATE,
      alarm: AlarmType.NOSPACE,
    },
  });
}

/** Refuses a call because the database is full, after it has raised the alarm. */
export function refuseBeyondQuota(core: Core, call: UnaryCall): void {
  const refuse = (): void => failCall(call, new RequestError("NO_SPACE"));
  raiseNoSpace(core).then(refuse, refuse);
}

import type { UnaryCall } from "@nodetcd/grpc";
import { AlarmAction, AlarmType } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";

/** Raises the NOSPACE alarm of this member in the whole cluster; settles when it is in force. */
export async function raiseNoSpace(
  member: Pick<MemberContext, "proposer" | "memberId">,
): Promise<void> {
  await member.proposer.proposeMessage({
    alarm: {
      memberId: member.memberId,
      action: AlarmAction.ACTIVATE,
      alarm: AlarmType.NOSPACE,
    },
  });
}

/** Refuses a call because the database is full, after it has raised the alarm. */
export function refuseBeyondQuota(member: MemberContext, call: UnaryCall): void {
  const refuse = (): void => failCall(call, new RequestError("NO_SPACE"));
  raiseNoSpace(member).then(refuse, refuse);
}

import { AlarmAction, AlarmType } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";

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
export async function refuseBeyondQuota(member: MemberContext): Promise<never> {
  await raiseNoSpace(member).catch(() => undefined);
  throw new RequestError("NO_SPACE");
}

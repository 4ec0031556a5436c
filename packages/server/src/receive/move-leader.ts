import type { MoveLeaderRequest, MoveLeaderResponse } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

/** `etcdserverpb.Maintenance/MoveLeader`: a cluster of one has nobody else to move it to. */
export function receiveMoveLeader({
  memberId,
  raft,
}: MemberContext): UnaryHandler<MoveLeaderRequest, MoveLeaderResponse> {
  return ({ targetId }) => {
    if (!raft.isLeader) throw new RequestError("NOT_LEADER");
    if (targetId !== memberId) throw new RequestError("BAD_LEADER_TRANSFEREE");
    return {};
  };
}

import type { UnaryCall } from "@nodetcd/grpc";
import { MoveLeaderRequest, MoveLeaderResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";

const EMPTY_REPLY = MoveLeaderResponse.encode({});

/** `etcdserverpb.Maintenance/MoveLeader`: a cluster of one has nobody else to move it to. */
export function receiveMoveLeader(
  member: MemberContext,
): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { targetId } = MoveLeaderRequest.decode(bytes);
      if (!member.raft.isLeader) throw new RequestError("NOT_LEADER");
      if (targetId !== member.memberId) throw new RequestError("BAD_LEADER_TRANSFEREE");
      call.reply(EMPTY_REPLY);
    } catch (error) {
      failCall(call, error);
    }
  };
}

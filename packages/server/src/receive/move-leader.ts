import type { MoveLeaderRequest, MoveLeaderResponse } from "@nodetcd/messages";
import { hexId } from "@nodetcd/peers";
import { sleep } from "@nodetcd/runtime";
import { requestTimeoutMs } from "../config.ts";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import type { UnaryHandler } from "./handler.ts";

/** How often it is looked whether leadership has moved, in milliseconds. */
const LOOK_MS = 10;

/** `etcdserverpb.Maintenance/MoveLeader`: answers when the other one leads. */
export function receiveMoveLeader(
  member: MemberContext,
): UnaryHandler<MoveLeaderRequest, MoveLeaderResponse> {
  const { memberId, raft, runtime, config, logger, cluster } = member;
  return async ({ targetId }, call) => {
    if (!raft.isLeader) throw new RequestError("NOT_LEADER");
    const target = cluster.member(targetId);
    if (target === undefined || target.isLearner) throw new RequestError("BAD_LEADER_TRANSFEREE");
    const fields = {
      "local-member-id": hexId(memberId),
      "current-leader-member-id": hexId(memberId),
      "transferee-member-id": hexId(targetId),
    };
    logger.info("leadership transfer starting", fields);
    raft.transferLeader(targetId);
    const deadline = runtime.clock.monotonic() + requestTimeoutMs(config);
    while (raft.leader !== targetId) {
      if (call.cancelled) throw new RequestError("CALL_GONE");
      if (runtime.clock.monotonic() > deadline) throw new RequestError("TIMEOUT_LEADER_TRANSFER");
      await sleep(runtime.clock, LOOK_MS);
    }
    logger.info("leadership transfer finished", fields);
    return {};
  };
}

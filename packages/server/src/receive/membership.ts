import {
  checkAdd,
  checkLearnerReady,
  checkPeerUrl,
  checkPromote,
  checkRemove,
  memberIdOf,
  memberJson,
  type MemberRecord,
  promotionContext,
} from "@nodetcd/membership";
import {
  ConfChangeType,
  type MemberAddRequest,
  type MemberAddResponse,
  type MemberPromoteRequest,
  type MemberPromoteResponse,
  type MemberRemoveRequest,
  type MemberRemoveResponse,
  type MemberUpdateRequest,
  type MemberUpdateResponse,
} from "@nodetcd/messages";
import { requestTimeoutMs } from "../config.ts";
import { RequestError } from "../errors.ts";
import type { MemberContext } from "../member-context.ts";
import { askLeader } from "../replicate/ask-leader.ts";
import { toRequestError } from "../wire/error-map.ts";
import type { UnaryHandler } from "./handler.ts";
import { memberMessage, memberMessages } from "./member-list.ts";

/** What the checks of a change look at. */
function reconfiguring(member: MemberContext): Parameters<typeof checkAdd>[0] {
  return {
    ids: member,
    members: member.cluster.members(),
    activeSince: (id) => member.peers.activeSince(id),
    now: member.runtime.clock.monotonic(),
    logger: member.logger,
  };
}

/** As they are kept; raises BAD_MEMBER_URLS. */
export function checkedPeerUrls(urls: readonly string[]): string[] {
  if (urls.length === 0) throw new RequestError("BAD_MEMBER_URLS");
  return urls.map((url) => checkPeerUrl(url)).toSorted();
}

/** `etcdserverpb.Cluster/MemberAdd` */
export function receiveMemberAdd(
  member: MemberContext,
): UnaryHandler<MemberAddRequest, MemberAddResponse> {
  const { config, proposer, runtime, headers } = member;
  return async ({ peerUrls, isLearner }) => {
    const urls = checkedPeerUrls(peerUrls);
    // The time makes it another id than that of a member with the same addresses that was removed.
    const seconds = Math.floor(runtime.clock.wallTime() / 1000);
    const id = await memberIdOf(urls, `${config.initialClusterToken}${seconds}`);
    const added: MemberRecord = { id, name: "", peerUrls: urls, clientUrls: [], isLearner };
    if (config.strictReconfigCheck) checkAdd(reconfiguring(member), added);
    await proposer.changeMembership({
      type: isLearner ? ConfChangeType.ConfChangeAddLearnerNode : ConfChangeType.ConfChangeAddNode,
      nodeId: id,
      context: Buffer.from(memberJson(added)),
    });
    return { header: headers.of(0), member: memberMessage(added), members: memberMessages(member) };
  };
}

/** `etcdserverpb.Cluster/MemberRemove` */
export function receiveMemberRemove(
  member: MemberContext,
): UnaryHandler<MemberRemoveRequest, MemberRemoveResponse> {
  const { config, proposer, headers } = member;
  return async ({ id }) => {
    if (config.strictReconfigCheck) checkRemove(reconfiguring(member), id);
    const type = ConfChangeType.ConfChangeRemoveNode;
    await proposer.changeMembership({ type, nodeId: id, context: new Uint8Array(0) });
    return { header: headers.of(0), members: memberMessages(member) };
  };
}

/** `etcdserverpb.Cluster/MemberUpdate` */
export function receiveMemberUpdate(
  member: MemberContext,
): UnaryHandler<MemberUpdateRequest, MemberUpdateResponse> {
  const { cluster, proposer, headers } = member;
  return async ({ id, peerUrls }) => {
    if (cluster.member(id) === undefined) throw new RequestError("MEMBER_NOT_FOUND");
    // etcd takes anything here, and every member stops when it comes to use it.
    const urls = checkedPeerUrls(peerUrls);
    const updated = { id, name: "", peerUrls: urls, clientUrls: [], isLearner: false };
    const context = Buffer.from(memberJson(updated));
    const type = ConfChangeType.ConfChangeUpdateNode;
    await proposer.changeMembership({ type, nodeId: id, context });
    return { header: headers.of(0), members: memberMessages(member) };
  };
}

/** Makes a learner a voter; on the leader, who knows how far it is. */
async function promoteMember(member: MemberContext, id: bigint): Promise<void> {
  const { raft, logger, proposer, config, cluster } = member;
  if (cluster.member(id) === undefined) throw new RequestError("MEMBER_NOT_FOUND");
  if (cluster.member(id)?.isLearner !== true) throw new RequestError("MEMBER_NOT_LEARNER");
  const progress = raft.progress();
  const view =
    progress === undefined
      ? undefined
      : {
          leaderMatch: progress.get(member.memberId)?.match ?? 0,
          learnerMatch: progress.get(id)?.match,
        };
  checkLearnerReady(view, logger);
  if (config.strictReconfigCheck) checkPromote(reconfiguring(member), id);
  const type = ConfChangeType.ConfChangeAddNode;
  await proposer.changeMembership({ type, nodeId: id, context: promotionContext(id) });
  member.learners.promoted++;
}

/** As `promoteMember`, at any member. */
export function promote(member: MemberContext, id: bigint): Promise<void> {
  return member.raft.isLeader ? promoteMember(member, id) : promoteByLeader(member, id);
}

/** `etcdserverpb.Cluster/MemberPromote`: a follower asks the leader to do it. */
export function receiveMemberPromote(
  member: MemberContext,
): UnaryHandler<MemberPromoteRequest, MemberPromoteResponse> {
  return async ({ id }) => {
    await promote(member, id);
    return { header: member.headers.of(0), members: memberMessages(member) };
  };
}

async function promoteByLeader(member: MemberContext, id: bigint): Promise<void> {
  const question = {
    path: `/members/promote/${id}`,
    body: new Uint8Array(0),
    timeoutMs: requestTimeoutMs(member.config),
  };
  const reply = await askLeader(member, question, ({ status }) => [200, 404, 412].includes(status));
  if (reply === "here") return promoteMember(member, id);
  const text = Buffer.from(reply.body).toString().trim();
  if (reply.status === 404) throw new RequestError("MEMBER_NOT_FOUND");
  if (reply.status === 412) {
    throw new RequestError(text.includes("in sync") ? "LEARNER_NOT_READY" : "MEMBER_NOT_LEARNER");
  }
  // Applied there; here as soon as the log says so.
  await member.reads.wait().catch((error: unknown) => {
    if (!toRequestError(error).code.startsWith("TIMEOUT")) throw error;
  });
}

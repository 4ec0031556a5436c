import type { Http1Request, Http1Response } from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { hexId } from "@nodetcd/peers";
import { memberJson } from "@nodetcd/membership";
import { refuseOtherThanGet } from "./reply.ts";

/** `GET /members` on the peer port: how a member that wants to join finds its id and the cluster's. */
export function serveMembers(member: MemberContext, request: Http1Request): Http1Response {
  const refusal = refuseOtherThanGet(request);
  if (refusal !== undefined) return refusal;
  return {
    status: 200,
    headers: {
      "Content-Type": "application/json",
      "X-Etcd-Cluster-Id": hexId(member.clusterId),
    },
    body: `[${member.cluster.members().map(memberJson).join(",")}]\n`,
  };
}

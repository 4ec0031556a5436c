import { checkPasswordLength } from "@nodetcd/auth";
import {
  type MethodAt,
  methodAt,
  type MessageCodec,
  type MethodPath,
  type RequestOf,
} from "@nodetcd/messages";
import { checkedPeerUrls } from "./membership.ts";
import { checkDeleteRequest, checkPutRequest } from "./request-limits.ts";

type FormChecks = {
  readonly [Path in MethodPath]?: (request: RequestOf<MethodAt<Path>>) => void;
};

/**
 * What is wrong with these requests by themselves is told before anything about who makes them, as in etcd.
 * Their handlers check it again.
 */
const FORM_CHECKS: FormChecks = {
  "/etcdserverpb.KV/Put": checkPutRequest,
  "/etcdserverpb.KV/DeleteRange": checkDeleteRequest,
  "/etcdserverpb.Cluster/MemberAdd": ({ peerUrls }) => void checkedPeerUrls(peerUrls),
  "/etcdserverpb.Cluster/MemberUpdate": ({ peerUrls }) => void checkedPeerUrls(peerUrls),
  "/etcdserverpb.Auth/UserAdd": ({ options, password }) => {
    if (options?.noPassword !== true) checkPasswordLength(password);
  },
  "/etcdserverpb.Auth/UserChangePassword": ({ password }) => checkPasswordLength(password),
};

/** What to tell somebody who is refused for who he is: that, or what is wrong with his request. */
export function firstRefusal(path: MethodPath, bytes: Uint8Array, refusal: unknown): unknown {
  try {
    const codec: MessageCodec<unknown> = methodAt(path)!.request;
    const check = FORM_CHECKS[path] as ((request: unknown) => void) | undefined;
    check?.(codec.decode(bytes));
    return refusal;
  } catch (error) {
    return error;
  }
}

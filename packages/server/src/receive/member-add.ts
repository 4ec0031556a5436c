import type { UnaryCall } from "@nodetcd/grpc";
import { MemberAddRequest } from "@nodetcd/messages";
import { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import { notImplemented } from "./not-implemented.ts";

/** A scheme, a host, a port, and nothing behind it. */
const PEER_URL = /^(https?:\/\/[^/?#]*:\d*|unixs?:\/\/.+)$/;

/** `etcdserverpb.Cluster/MemberAdd`: URLs are checked as in etcd; adding is not built yet. */
export function receiveMemberAdd(): (request: Uint8Array, call: UnaryCall) => void {
  return (bytes, call) => {
    try {
      const { peerUrls } = MemberAddRequest.decode(bytes);
      const sound = peerUrls.length > 0 && peerUrls.every((url) => PEER_URL.test(url.trim()));
      throw sound ? notImplemented("MemberAdd") : new RequestError("BAD_MEMBER_URLS");
    } catch (error) {
      failCall(call, error);
    }
  };
}

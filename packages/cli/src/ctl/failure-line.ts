import type { EtcdError } from "@nodetcd/client";
import { jsonFormat } from "../log/format.ts";
import { rpcErrorText } from "./error-text.ts";

/** The log line of a call that failed, as etcd's client writes it: scripts look for it. */
export function failureLine(
  method: string,
  endpoints: readonly string[],
  error: EtcdError,
): string {
  const [endpoint = ""] = endpoints;
  const isKnown = endpoints.length === 1 && error.code !== "UNAVAILABLE";
  const address = endpoint.replace(/^https?:\/\//, "");
  const line = jsonFormat("warn", Date.now(), "retrying of unary invoker failed", {
    target: `etcd-endpoints://${endpoint}`,
    peer: isKnown
      ? `Peer{Addr: '${address}', AuthInfo: 'insecure'}`
      : "Peer{Addr: <nil>, AuthInfo: <nil>}",
    method,
    attempt: 0,
    error: rpcErrorText(error),
  });
  return `${line}\n`;
}

import type { ServerAddress } from "@nodetcd/grpc";
import { EtcdError } from "./errors.ts";

/** Host and path; without slashes in front either alone. */
const UNIX_URL = /^unixs?:(?:\/\/)?([^/?#]*)(\/[^?#]*)?$/;

/** Where a server is, and whether its URL says that it is with TLS; undefined: it does not say. */
export interface EndpointAddress {
  readonly address: ServerAddress;
  readonly isSecure: boolean | undefined;
}

const SCHEMES: Readonly<Record<string, boolean>> = { http: false, https: true, unixs: true };

/**
 * Reads `http://host:port`, `https://host:port`, `host:port` or `host` (port 2379), and URLs of unix sockets as etcd's client
 * does: `unix:///run/etcd.sock` is `/run/etcd.sock`, `unix://name` and `unix:name` are `name` in the working directory.
 */
export function parseEndpoint(text: string): EndpointAddress {
  const scheme = /^([a-z]+):(?!\d+$)/.exec(text)?.[1];
  const isSecure = scheme === undefined ? undefined : SCHEMES[scheme];
  if (scheme === "unix" || scheme === "unixs") {
    return { address: { path: parseUnixUrl(text) }, isSecure };
  }
  const match = /^(?:([a-z]+):\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text);
  const port = Number(match?.[3] ?? 2379);
  if (
    match?.[2] === undefined ||
    port > 65_535 ||
    (match[1] !== undefined && isSecure === undefined)
  ) {
    refuse(text, "it is not of the form http://host:port, https://host:port or unix:///path");
  }
  return { address: { host: match[2].replace(/^\[|\]$/g, ""), port }, isSecure };
}

/** One text for all that `parseEndpoint` reads alike. */
export function showEndpoint(address: ServerAddress): string {
  return "path" in address ? `unix://${address.path}` : `${address.host}:${address.port}`;
}

function parseUnixUrl(text: string): string {
  const [, host = "", path = ""] = UNIX_URL.exec(text) ?? [];
  if (host + path === "") refuse(text, "it names no socket file; write unix:///path");
  try {
    return host + decodeURIComponent(path);
  } catch {
    return refuse(text, "it has a % that is not followed by two hexadecimal digits");
  }
}

function refuse(text: string, reason: string): never {
  throw new EtcdError("BAD_ARGUMENT", `Endpoint ${text}: ${reason}`, { argument: "endpoint" });
}

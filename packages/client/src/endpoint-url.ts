import type { ServerAddress } from "@nodetcd/grpc";
import { EtcdError } from "./errors.ts";

/** Host and path; without slashes in front either alone. */
const UNIX_URL = /^unix:(?:\/\/)?([^/?#]*)(\/[^?#]*)?$/;

/**
 * Reads `http://host:port`, `host:port` or `host` (port 2379), and URLs of unix sockets as etcd's client does:
 * `unix:///run/etcd.sock` is `/run/etcd.sock`, `unix://name` and `unix:name` are `name` in the working directory.
 */
export function parseEndpoint(text: string): ServerAddress {
  if (text.startsWith("unix:")) return { path: parseUnixUrl(text) };
  const match = /^(?:([a-z]+):\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text);
  const scheme = match?.[1] ?? /^unixs(?=:)/.exec(text)?.[0];
  if (scheme !== undefined && scheme !== "http") {
    refuse(text, `scheme ${scheme} is not built yet; use http:// or unix://`);
  }
  const port = Number(match?.[3] ?? 2379);
  if (match?.[2] === undefined || port > 65_535) {
    refuse(text, "it is not of the form http://host:port or unix:///path");
  }
  return { host: match[2].replace(/^\[|\]$/g, ""), port };
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

import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { ExitError, EXIT } from "../command-line/exit.ts";
import { discoverEndpoints } from "../discover-endpoints.ts";
import { addressOf, type Remote } from "./remotes.ts";

/** Milliseconds for the handshake by which a discovered member is verified. */
const VERIFY_MS = 5_000;

/** `host:port` of an endpoint with or without a scheme. Raises `ExitError`. */
export function parseEndpoint(endpoint: string): Remote {
  const match = /^(?:https?:\/\/)?(\[[^\]]+\]|[^:/]*):(\d+)\/?$/.exec(endpoint);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new ExitError(EXIT.error, `error parsing endpoint ${JSON.stringify(endpoint)}`);
  }
  return { host: match[1]!.replace(/^\[|\]$/g, ""), port, priority: 0, weight: 1 };
}

export interface Discovery {
  readonly domain: string;
  readonly service: string;
  readonly isInsecureTaken: boolean;
  /** Of the roots that discovered members with TLS are verified by; "" verifies none. */
  readonly caFile: string;
}

/** The members that SRV records name, but for those that are not safe. Raises `ExitError`. */
export async function discoverRemotes(
  { domain, service, isInsecureTaken, caFile }: Discovery,
  warn: (message: string, address: string) => void,
): Promise<Remote[]> {
  const found = await discoverEndpoints(domain, service).catch((error: Error) => {
    throw new ExitError(EXIT.error, error.message);
  });
  const remotes: Remote[] = [];
  for (const { url, priority, weight } of found) {
    const isSecure = url.startsWith("https:");
    if (!isSecure && !isInsecureTaken) {
      warn("ignoring discovered insecure endpoint", url);
      continue;
    }
    const remote = { ...parseEndpoint(url), priority, weight: Math.max(1, weight) };
    if (isSecure && caFile !== "" && !(await isTrusted(remote, caFile))) {
      warn("ignoring discovered endpoint whose certificate is not trusted", addressOf(remote));
    } else remotes.push(remote);
  }
  return remotes;
}

function isTrusted({ host, port }: Remote, caFile: string): Promise<boolean> {
  const ca = readFileSync(caFile);
  return new Promise((resolve) => {
    const socket = connect({ host, port, ca, servername: host });
    const end = (isGood: boolean): void => {
      socket.destroy();
      resolve(isGood);
    };
    socket.setTimeout(VERIFY_MS, () => end(false));
    socket.once("secureConnect", () => end(socket.authorized));
    socket.once("error", () => end(false));
  });
}

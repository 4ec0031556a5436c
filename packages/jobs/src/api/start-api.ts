import type { Logger, Runtime } from "@nodetcd/runtime";
import { isReason } from "../errors.ts";
import { serveHttp } from "../http/serve.ts";
import type { TlsFiles } from "../http/tls.ts";
import type { OwnLogs } from "../log-source.ts";
import type { Part } from "../parts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import {
  anybody,
  type Authenticate,
  BY_NAMESPACE,
  byCertificate,
  byToken,
  type Grants,
  type TokenUser,
  withGrants,
} from "./authenticate.ts";
import { ALLOW_ALL } from "./authorize.ts";
import { createNamespace } from "./create.ts";
import { handlerOf } from "./handle.ts";
import { NodeLogs } from "./node-logs.ts";

export interface ApiOptions {
  store: ObjectStore;
  runtime: Pick<Runtime, "clock" | "random">;
  logger: Logger;
  /** Default `127.0.0.1`. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /**
   * Who may ask, as `readTokens` gives it. Without it, and without roots of clients' certificates, everybody who can
   * reach the server may do everything, which includes running programs where a worker runs.
   */
  tokens?: readonly TokenUser[];
  /** Default: no encryption. With `clientCaFile` only who shows a certificate, or one of `tokens`, is let in. */
  tls?: TlsFiles;
  /** Groups that users have beside those of their tokens or certificates, as `readGrants` gives it. */
  grants?: Grants;
  /** Of a worker in this process: `kubectl logs` reads them without a connection to it. */
  logs?: OwnLogs;
}

export interface ApiPart extends Part {
  /** `http://127.0.0.1:PORT`, or `https://`. */
  readonly url: string;
}

/** Namespaces that clients take for granted. */
const NAMESPACES_AT_START = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Undefined where nobody is asked who they are. */
function authenticationOf({ tokens, tls, grants = {} }: ApiOptions): Authenticate | undefined {
  const certificates = tls?.clientCaFile !== undefined;
  if (tokens === undefined && !certificates) return undefined;
  const known = byToken(tokens ?? []);
  return withGrants(certificates ? byCertificate(known) : known, grants);
}

/** Serves Kubernetes' API over what the store holds. */
export async function startApi(options: ApiOptions): Promise<ApiPart> {
  const { store, runtime, logger, host = "127.0.0.1", port = 0, tls } = options;
  for (const name of NAMESPACES_AT_START) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await createNamespace(store, namespace).catch((error: unknown) => {
      if (!isReason(error, "AlreadyExists")) throw error;
    });
  }
  const known = authenticationOf(options);
  const authenticate = known ?? anybody(isLoopback(host));
  const authorizer = known === undefined ? ALLOW_ALL : BY_NAMESPACE;
  const logs = new NodeLogs(store, options.logs);
  const handler = handlerOf({ store, runtime, logger, logs, authenticate, authorizer });
  const server = await serveHttp({ host, port, handler, logger, tls });
  const scheme = tls === undefined ? "http" : "https";
  const shown = host.includes(":") ? `[${host}]` : host;
  return { url: `${scheme}://${shown}:${server.port}`, stop: () => server.close() };
}

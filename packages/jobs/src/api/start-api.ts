import type { Logger, Runtime } from "@nodetcd/runtime";
import { isReason } from "../errors.ts";
import { serveHttp } from "../http/serve.ts";
import type { LogSource } from "../log-source.ts";
import type { Part } from "../parts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { anybody, BY_NAMESPACE, byToken, type TokenUser } from "./authenticate.ts";
import { ALLOW_ALL } from "./authorize.ts";
import { createNamespace } from "./create.ts";
import { handlerOf } from "./handle.ts";

export interface ApiOptions {
  store: ObjectStore;
  runtime: Pick<Runtime, "clock" | "random">;
  logger: Logger;
  /** Default `127.0.0.1`. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /**
   * Who may ask, as `readTokens` gives it. Without it everybody who can reach the server may do everything, which
   * includes running programs where a worker runs.
   */
  tokens?: readonly TokenUser[];
  /** Where `kubectl logs` reads; without it there are none. */
  logs?: LogSource;
}

export interface ApiPart extends Part {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/** Namespaces that clients take for granted. */
const NAMESPACES_AT_START = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Serves Kubernetes' API over what the store holds. */
export async function startApi(options: ApiOptions): Promise<ApiPart> {
  const { store, runtime, logger, host = "127.0.0.1", port = 0, logs, tokens } = options;
  for (const name of NAMESPACES_AT_START) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await createNamespace(store, namespace).catch((error: unknown) => {
      if (!isReason(error, "AlreadyExists")) throw error;
    });
  }
  const authenticate = tokens === undefined ? anybody(isLoopback(host)) : byToken(tokens);
  const authorizer = tokens === undefined ? ALLOW_ALL : BY_NAMESPACE;
  const handler = handlerOf({ store, runtime, logger, logs, authenticate, authorizer });
  const server = await serveHttp({ host, port, handler });
  const shown = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${shown}:${server.port}`, stop: () => server.close() };
}

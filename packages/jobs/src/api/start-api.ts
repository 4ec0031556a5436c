import type { Logger, Runtime } from "@nodetcd/runtime";
import { isReason } from "../errors.ts";
import { serveHttp } from "../http/serve.ts";
import type { LogSource } from "../log-source.ts";
import type { Part } from "../parts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
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
  /** Where `kubectl logs` reads; without it there are none. */
  logs?: LogSource;
}

export interface ApiPart extends Part {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/** Namespaces that clients take for granted. */
const NAMESPACES_AT_START = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Serves Kubernetes' API over what the store holds. */
export async function startApi(options: ApiOptions): Promise<ApiPart> {
  const { store, runtime, logger, host = "127.0.0.1", port = 0, logs } = options;
  for (const name of NAMESPACES_AT_START) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    await createNamespace(store, namespace).catch((error: unknown) => {
      if (!isReason(error, "AlreadyExists")) throw error;
    });
  }
  const handler = handlerOf({ store, runtime, logger, logs, authorizer: ALLOW_ALL });
  const server = await serveHttp({ host, port, handler });
  const shown = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${shown}:${server.port}`, stop: () => server.close() };
}

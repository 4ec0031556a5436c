/** Calls and watches of a Kubernetes API, plain or over TLS whose certificate is not checked. */
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { createInterface } from "node:readline";

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly generateName?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly { kind: string; name: string; uid: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface Reply {
  /** HTTP status; 0 when no reply came. */
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly warnings: readonly string[];
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject;
}

const CALL_TIMEOUT_MS = 60_000;

export class ApiClient {
  readonly #url: URL;
  readonly #headers: Record<string, string>;

  constructor(url: string, token?: string) {
    this.#url = new URL(url);
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** One call; never fails: status 0 says that no reply came. */
  async call(
    method: string,
    path: string,
    body?: object,
    contentType = "application/json",
  ): Promise<Reply> {
    try {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const response = await this.#send(method, path, text, contentType);
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const warnings = [response.headers["warning"] ?? []].flat();
      return { status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)), warnings };
    } catch (error) {
      return { status: 0, body: { message: String(error) }, warnings: [] };
    }
  }

  /** A merge patch. */
  patch(path: string, body: object): Promise<Reply> {
    return this.call("PATCH", path, body, "application/merge-patch+json");
  }

  /**
   * The list at `path`, then every change, until the signal. A stream that ends is begun again with a new list,
   * which stands for all changes between.
   */
  async follow(
    path: string,
    onList: (objects: readonly KubeObject[]) => void,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const { status, body } = await this.call("GET", path);
      if (signal.aborted) return;
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
      onList(body["items"] as KubeObject[]);
      const { resourceVersion } = body["metadata"] as { resourceVersion: string };
      const query = `watch=true&timeoutSeconds=3600&resourceVersion=${resourceVersion}`;
      try {
        const response = await this.#send("GET", `${path}?${query}`, undefined, "", signal);
        const lines = createInterface({ input: response, crlfDelay: Infinity });
        for await (const line of lines) onEvent(JSON.parse(line) as WatchEvent);
      } catch (error) {
        if (!isLost(error) && !signal.aborted) throw error;
      }
    }
  }

  #send(
    method: string,
    path: string,
    body: string | undefined,
    contentType: string,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const request = this.#url.protocol === "https:" ? tlsRequest : plainRequest;
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: this.#url.hostname,
          port: this.#url.port,
          method,
          path,
          // A connection of its own: one that is used again may just have been closed.
          agent: false,
          rejectUnauthorized: false,
          headers: {
            ...this.#headers,
            ...(body === undefined
              ? {}
              : { "content-type": contentType, "content-length": Buffer.byteLength(body) }),
          },
          ...(signal === undefined ? { timeout: CALL_TIMEOUT_MS } : { signal }),
        },
        resolve,
      );
      call.on("error", reject);
      call.on("timeout", () => call.destroy(new Error(`no reply to ${method} ${path}`)));
      call.end(body);
    });
  }
}

function isLost(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "ECONNRESET" || code === "EPIPE" || message === "aborted";
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>;
  } catch {
    return { text: body.toString() };
  }
}

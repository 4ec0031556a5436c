/** Who a client's certificate says that it is, as Kubernetes reads it. */
export interface ClientCertificate {
  /** False: its chain ends at no root of ours, or it is out of date. */
  readonly verified: boolean;
  /** The common name. */
  readonly name: string;
  /** The organizations. */
  readonly groups: readonly string[];
}

/** A request, and what answers it: all that the API knows of HTTP. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborted when the client has gone or the server closes. */
  readonly signal: AbortSignal;
  readonly remoteAddress: string;
  /** Undefined when the client has shown none. */
  readonly certificate: ClientCertificate | undefined;
  /** By lower-case name. */
  header(name: string): string | undefined;
  /** The whole body. Raises `RangeError` when it is longer. */
  body(limitBytes: number): Promise<Uint8Array>;
}

export interface HttpReply {
  status: number;
  headers: Record<string, string | string[]>;
  /** Pieces are sent as they come; the stream is left (`return`) when the client has gone. */
  body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpReply>;

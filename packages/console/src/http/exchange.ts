/** HTTP as the pages' code sees it; `node/serve.ts` makes it from sockets. */
export interface ApiRequest {
  readonly method: string;
  /** Path below the console's prefix, such as `/api/cluster`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** A header's value by lower-case name. */
  header(name: string): string | undefined;
  readonly remoteAddress: string;
  /** The whole body; fails with `TOO_LARGE` beyond the limit. */
  body(limitBytes: number): Promise<Uint8Array>;
  /** Aborted when the other side goes away. */
  readonly signal: AbortSignal;
}

/** One server-sent event. */
export interface StreamEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

export type ApiReply = { readonly headers?: Readonly<Record<string, string>> } & (
  | { readonly kind: "json"; readonly status: number; readonly value: unknown }
  | {
      readonly kind: "file";
      readonly name: string;
      readonly type: string;
      readonly chunks: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: "events"; readonly events: AsyncIterable<StreamEvent> }
);

export function json(value: unknown, status = 200): ApiReply {
  return { kind: "json", status, value };
}

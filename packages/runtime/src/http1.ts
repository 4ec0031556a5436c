export interface Http1Request {
  readonly method: string;
  /** Path with query, as it came. */
  readonly url: string;
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** The whole body, at most `limitBytes`; fails when it is longer or the client goes away. */
  body(limitBytes: number): Promise<Uint8Array>;
}

export interface Http1Response {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

export type Http1Handler = (request: Http1Request) => Http1Response | Promise<Http1Response>;

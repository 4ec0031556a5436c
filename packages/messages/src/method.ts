import type { MessageCodec } from "./codec.ts";

/** Who may send more than one message: nobody, the client, the server, both. */
export type MethodKind = "unary" | "client_stream" | "server_stream" | "bidi_stream";

/** A method of a gRPC service: a row of the table `METHODS`. */
export interface Method<
  Request,
  Response,
  Kind extends MethodKind = MethodKind,
  Path extends string = string,
> {
  /** What a call names it by: `/etcdserverpb.KV/Put`. */
  readonly path: Path;
  /** Full name of its service: `etcdserverpb.KV`. */
  readonly service: string;
  /** Its name inside the service: `Put`. */
  readonly name: string;
  readonly kind: Kind;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
  /** Its paths at the JSON gateway, all POST with the whole request as body; often one or none. */
  readonly routes: readonly string[];
}

/** A row of the table, for the generated code. */
export function method<
  Service extends string,
  Name extends string,
  Kind extends MethodKind,
  Request,
  Response,
>(
  service: Service,
  name: Name,
  kind: Kind,
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
  ...routes: readonly string[]
): Method<Request, Response, Kind, `/${Service}/${Name}`> {
  return { path: `/${service}/${name}`, service, name, kind, request, response, routes };
}

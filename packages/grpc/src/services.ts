import { assert } from "@nodetcd/bytes";
import type { MethodKind, StreamHandler, StreamKind, UnaryHandler } from "./call.ts";
import { STATUS_COUNT, type StatusCode } from "./status.ts";

/** The grpc-messages for a wrong number of requests, in the words of grpc-go. */
export const NO_REQUEST =
  "cardinality violation: received no request message from non-client-streaming RPC";
export const MORE_THAN_ONE_REQUEST =
  "cardinality violation: received multiple request messages for non-client-streaming RPC";

/** A method and how often it was called, as metrics read it. */
export interface MethodEntry {
  readonly path: string;
  readonly kind: MethodKind;
  /** Calls begun. */
  readonly started: number;
  /** Calls ended, by status. A fresh copy at each read. */
  readonly handled: Map<StatusCode, number>;
}

/** A registered method: exactly one of the two handlers is there. */
export class Method implements MethodEntry {
  readonly path: string;
  readonly kind: MethodKind;
  readonly unaryHandler: UnaryHandler | undefined;
  readonly streamHandler: StreamHandler | undefined;
  /** The client sends exactly one message; it is handed over when the client has half-closed. */
  readonly takesOneRequest: boolean;
  started = 0;
  readonly #ended: number[] = Array.from({ length: STATUS_COUNT }, () => 0);

  constructor(
    path: string,
    kind: MethodKind,
    unaryHandler: UnaryHandler | undefined,
    streamHandler: StreamHandler | undefined,
  ) {
    this.path = path;
    this.kind = kind;
    this.unaryHandler = unaryHandler;
    this.streamHandler = streamHandler;
    this.takesOneRequest = kind === "unary" || kind === "server_stream";
  }

  countEnd(code: StatusCode): void {
    this.#ended[code]!++;
  }

  get handled(): Map<StatusCode, number> {
    const handled = new Map<StatusCode, number>();
    for (const [code, count] of this.#ended.entries()) {
      if (count > 0) handled.set(code as StatusCode, count);
    }
    return handled;
  }
}

/** The methods that a server answers, by path; shared by all its listeners and by `LocalTransport`. */
export class Services {
  readonly #methods = new Map<string, Method>();
  readonly #services = new Set<string>();

  /** Registers a method, such as `/etcdserverpb.KV/Put`. A path can be taken once. */
  unary(path: string, handler: UnaryHandler): void {
    this.#add(new Method(path, "unary", handler, undefined));
  }

  /** As `unary`; a `server_stream` call gets `onMessage` once, then `onHalfClose`. */
  stream(path: string, kind: StreamKind, handler: StreamHandler): void {
    this.#add(new Method(path, kind, undefined, handler));
  }

  #add(method: Method): void {
    const match = /^\/([^/]+)\/[^/]+$/.exec(method.path);
    assert(match !== null, `Not a method path: ${method.path}`);
    assert(!this.#methods.has(method.path), `Method is registered twice: ${method.path}`);
    this.#methods.set(method.path, method);
    this.#services.add(match[1]!);
  }

  methods(): MethodEntry[] {
    return [...this.#methods.values()];
  }

  find(path: string): Method | undefined {
    return this.#methods.get(path);
  }

  /** The grpc-message for a path that `find` does not know, in the words of grpc-go. */
  unknownMessage(path: string): string {
    const name = path.startsWith("/") ? path.slice(1) : path;
    const slash = name.lastIndexOf("/");
    if (slash < 0) return `malformed method name: ${JSON.stringify(path)}`;
    const service = name.slice(0, slash);
    return this.#services.has(service)
      ? `unknown method ${name.slice(slash + 1)} for service ${service}`
      : `unknown service ${service}`;
  }
}

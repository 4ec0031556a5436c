import type { HpackDecoder, FieldSink } from "../hpack/decoder.ts";
import { HEADER_LIST_BYTES_MAX } from "../limits.ts";
import type { Metadata } from "../metadata.ts";
import { parseTimeout } from "../message/timeout.ts";
import type { Services } from "../services.ts";
import { findRejection, type Rejection, type UncheckedHead } from "./rejection.ts";

/** What the header block of a request says. Shared by all requests with equal blocks: never changes. */
export interface RequestHead extends UncheckedHead {
  /** Against RFC 9113 section 8: the stream is reset. */
  readonly malformed: string | undefined;
  readonly tooLarge: boolean;
  readonly path: string;
  /** Milliseconds; undefined: none. */
  readonly timeoutMs: number | undefined;
  readonly contentLength: number | undefined;
  readonly metadata: Metadata;
  /** Why it is answered without a handler. */
  readonly rejection: Rejection | undefined;
}

/** Headers of HTTP/1.1 connections that HTTP/2 forbids (RFC 9113 section 8.2.2). */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** Read by the protocol itself; handlers do not see them. */
const RESERVED: ReadonlySet<string> = new Set([
  "te",
  "content-type",
  "grpc-encoding",
  "grpc-timeout",
  "grpc-accept-encoding",
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Decodes and checks the header block of a request. */
export function readRequestHead(
  decoder: HpackDecoder,
  bytes: Uint8Array,
  start: number,
  end: number,
  services: Services,
): RequestHead {
  const fields = new RequestFields();
  decoder.decode(bytes, start, end, fields);
  return fields.toHead(services);
}

class RequestFields implements FieldSink {
  readonly #fields = new Map<string, string>();
  #malformed: string | undefined;
  #regular = false;
  #size = 0;

  onField(name: string, value: string): void {
    this.#size += name.length + value.length + 32;
    if (this.#size > HEADER_LIST_BYTES_MAX) return;
    if (name.startsWith(":")) this.#pseudo(name, value);
    else this.#plain(name, value);
  }

  #pseudo(name: string, value: string): void {
    if (this.#regular) this.#malformed ??= `${name} after other headers`;
    if (this.#fields.has(name)) this.#malformed ??= `${name} twice`;
    if (name !== ":method" && name !== ":scheme" && name !== ":path" && name !== ":authority") {
      this.#malformed ??= `unknown pseudo-header ${name}`;
    }
    this.#fields.set(name, value);
  }

  #plain(name: string, value: string): void {
    this.#regular = true;
    if (!NAME.test(name)) this.#malformed ??= "malformed header name";
    if (CONNECTION_HEADERS.has(name)) this.#malformed ??= `header ${name} is not allowed`;
    if (name === "te" && value !== "trailers") this.#malformed ??= "te is not trailers";
    const before = this.#fields.get(name);
    this.#fields.set(name, before === undefined ? value : `${before},${value}`);
  }

  toHead(services: Services): RequestHead {
    const fields = this.#fields;
    const tooLarge = this.#size > HEADER_LIST_BYTES_MAX;
    const path = fields.get(":path") ?? "";
    if (!tooLarge && (path === "" || !fields.has(":method") || !fields.has(":scheme"))) {
      this.#malformed ??= "a pseudo-header is missing";
    }
    const timeout = fields.get("grpc-timeout");
    const timeoutMs = timeout === undefined ? undefined : parseTimeout(timeout);
    const length = fields.get("content-length");
    if (length !== undefined && !/^\d{1,15}$/.test(length)) {
      this.#malformed ??= "malformed content-length";
    }
    const head = {
      malformed: this.#malformed,
      tooLarge,
      httpMethod: fields.get(":method") ?? "",
      path,
      contentType: fields.get("content-type") ?? "",
      encoding: fields.get("grpc-encoding") ?? "",
      timeoutMs,
      badTimeout: timeout !== undefined && timeoutMs === undefined ? timeout : undefined,
      contentLength: length === undefined ? undefined : Number(length),
      metadata: toMetadata(fields),
      method: services.find(path),
    };
    return { ...head, rejection: findRejection(head, () => services.unknownMessage(path)) };
  }
}

/** As in grpc-go, `:authority` and `user-agent` are part of it, other pseudo-headers are not. */
function toMetadata(fields: ReadonlyMap<string, string>): Metadata {
  const metadata = new Map<string, string>();
  for (const [name, value] of fields) {
    if (RESERVED.has(name) || (name.startsWith(":") && name !== ":authority")) continue;
    metadata.set(name, value);
  }
  return metadata;
}

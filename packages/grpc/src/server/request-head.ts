import type { HpackDecoder, FieldSink } from "../hpack/decoder.ts";
import { HEADER_LIST_BYTES_MAX } from "../limits.ts";
import type { Metadata } from "../metadata.ts";
import { base64Problem } from "../message/base64.ts";
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

/** Read by the protocol itself; handlers do not see them. Of several the last counts. */
const RESERVED: ReadonlySet<string> = new Set([
  "te",
  "content-type",
  "grpc-encoding",
  "grpc-timeout",
  "grpc-accept-encoding",
]);

/** Control characters but for the tab: they would end a line in what others make of them. */
// oxlint-disable-next-line no-control-regex
const BAD_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

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
  #hosts = 0;
  #badMetadata: string | undefined;

  onField(name: string, value: string): void {
    this.#size += name.length + value.length + 32;
    if (this.#size > HEADER_LIST_BYTES_MAX) return;
    if (BAD_VALUE.test(value)) this.#malformed ??= `malformed value of header ${name}`;
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
    if (name === "host") this.#hosts++;
    if (name.endsWith("-bin")) this.#badMetadata ??= binaryProblem(name, value);
    const before = RESERVED.has(name) ? undefined : this.#fields.get(name);
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
    const authorities = fields.has(":authority") ? 1 : 0;
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
      badHosts:
        this.#hosts > 1
          ? `num values of :authority: ${authorities}, num values of host: ${this.#hosts}, both must only have 1 value as per HTTP/2 spec`
          : undefined,
      badMetadata: this.#badMetadata,
      contentLength: length === undefined ? undefined : Number(length),
      metadata: toMetadata(fields),
      method: services.find(path),
    };
    return { ...head, rejection: findRejection(head, () => services.unknownMessage(path)) };
  }
}

/** What is wrong with the text of binary metadata, in grpc-go's words. */
function binaryProblem(name: string, value: string): string | undefined {
  const at = base64Problem(value);
  if (at === undefined) return undefined;
  const shown = JSON.stringify(value);
  return `malformed binary metadata ${shown} in header "${name}": illegal base64 data at input byte ${at}`;
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

import type { FieldSink, HpackDecoder } from "../hpack/decoder.ts";
import { HEADER_LIST_BYTES_MAX } from "../limits.ts";
import { percentDecode } from "../message/percent.ts";
import type { Metadata } from "../metadata.ts";
import { type StatusCode, toStatusCode } from "../status.ts";

/** What a header block of a response says, head or trailers. Shared: never changes. */
export interface ResponseHead {
  readonly malformed: string | undefined;
  /** Undefined in trailers. */
  readonly httpStatus: number | undefined;
  readonly contentType: string;
  readonly encoding: string;
  readonly grpcStatus: StatusCode | undefined;
  readonly grpcMessage: string;
  /** All but pseudo-headers. */
  readonly metadata: Metadata;
}

/** Decodes and checks a header block of a response. */
export function readResponseHead(
  decoder: HpackDecoder,
  bytes: Uint8Array,
  start: number,
  end: number,
): ResponseHead {
  const fields = new ResponseFields();
  decoder.decode(bytes, start, end, fields);
  return fields.toHead();
}

class ResponseFields implements FieldSink {
  readonly #metadata = new Map<string, string>();
  #httpStatus: number | undefined;
  #malformed: string | undefined;
  #size = 0;

  onField(name: string, value: string): void {
    this.#size += name.length + value.length + 32;
    if (this.#size > HEADER_LIST_BYTES_MAX) this.#malformed = "header list is too large";
    else if (name === ":status" && /^\d{3}$/.test(value)) this.#httpStatus = Number(value);
    else if (name.startsWith(":")) this.#malformed ??= `unexpected pseudo-header ${name}`;
    else {
      const before = this.#metadata.get(name);
      this.#metadata.set(name, before === undefined ? value : `${before},${value}`);
    }
  }

  toHead(): ResponseHead {
    const metadata = this.#metadata;
    const status = metadata.get("grpc-status");
    return {
      malformed: this.#malformed,
      httpStatus: this.#httpStatus,
      contentType: metadata.get("content-type") ?? "",
      encoding: metadata.get("grpc-encoding") ?? "",
      grpcStatus: status === undefined ? undefined : toStatusCode(Number(status)),
      grpcMessage: percentDecode(metadata.get("grpc-message") ?? ""),
      metadata,
    };
  }
}

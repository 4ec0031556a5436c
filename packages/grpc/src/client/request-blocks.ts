import { EncodedBlock } from "../hpack/encoded-block.ts";
import type { HeaderField } from "../hpack/encoder.ts";
import { formatTimeout } from "../message/timeout.ts";
import type { Metadata } from "../metadata.ts";
import type { CallOptions } from "../transport.ts";

/** Paths whose blocks are kept; a program calls no more methods than that. */
const PATHS_MAX = 256;
/** Longer values would push everything else out of the peer's table (of 4096 bytes); signed tokens are shorter. */
const INDEXED_LENGTH_MAX = 1024;

function field(name: string, value: string): HeaderField {
  return { name, value, indexing: value.length > INDEXED_LENGTH_MAX ? "plain" : "index" };
}

/** The header blocks of one connection's requests. */
export class RequestBlocks {
  readonly #authority: string;
  /** Blocks by path, of calls that all have `#metadata`. */
  readonly #kept = new Map<string, EncodedBlock>();
  #metadata: Metadata | undefined;

  constructor(authority: string) {
    this.#authority = authority;
  }

  /** The block for a call, kept for the next one with the very same metadata; `timeoutMs` is what is left of its time. */
  forCall(
    path: string,
    options: CallOptions | undefined,
    timeoutMs: number | undefined,
  ): EncodedBlock {
    const metadata = options?.metadata;
    if (timeoutMs !== undefined) return new EncodedBlock(this.#fields(path, metadata, timeoutMs));
    if (metadata !== this.#metadata) {
      this.#metadata = metadata;
      this.#kept.clear();
    }
    let block = this.#kept.get(path);
    if (block === undefined) {
      block = new EncodedBlock(this.#fields(path, metadata, undefined));
      if (this.#kept.size < PATHS_MAX) this.#kept.set(path, block);
    }
    return block;
  }

  #fields(
    path: string,
    metadata: Metadata | undefined,
    timeoutMs: number | undefined,
  ): HeaderField[] {
    const fields = [
      field(":method", "POST"),
      field(":scheme", "http"),
      field(":path", path),
      field(":authority", this.#authority),
      field("content-type", "application/grpc"),
      field("te", "trailers"),
      field("user-agent", "grpc-node-nodetcd"),
      field("grpc-accept-encoding", "identity,gzip"),
    ];
    for (const [name, value] of metadata ?? []) fields.push(field(name, value));
    if (timeoutMs !== undefined) {
      fields.push({ name: "grpc-timeout", value: formatTimeout(timeoutMs), indexing: "plain" });
    }
    return fields;
  }
}

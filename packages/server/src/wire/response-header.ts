import { Slab, varintSize, type WireWriter, writeVarint } from "@nodetcd/bytes";
import { ResponseHeader } from "@nodetcd/messages";

/** Tag of field 1, length-delimited: `header` in every response. */
const HEADER_TAG = 0x0a;
/** Tag of `ResponseHeader.revision`, a varint. */
const REVISION_TAG = 0x18;

/**
 * Writes the header that every response begins with. Ids never change and the term hardly ever
 * does, so both are kept encoded; only the revision is written anew.
 */
export class ResponseHeaders {
  readonly #clusterId: bigint;
  readonly #memberId: bigint;
  readonly #ids: Uint8Array;
  readonly #slab = new Slab();
  #term = 0;
  /** Encoded `raft_term` field. */
  #termBytes: Uint8Array = new Uint8Array(0);

  constructor(clusterId: bigint, memberId: bigint) {
    this.#clusterId = clusterId;
    this.#memberId = memberId;
    this.#ids = ResponseHeader.encode({ clusterId, memberId });
  }

  get term(): number {
    return this.#term;
  }

  /** The term of the newest applied entry, as etcd reports it. */
  setTerm(term: number): void {
    if (term === this.#term) return;
    this.#term = term;
    this.#termBytes = ResponseHeader.encode({ raftTerm: term });
  }

  /** As an object, for replies that are not hot. */
  of(revision: number): ResponseHeader {
    return {
      clusterId: this.#clusterId,
      memberId: this.#memberId,
      revision,
      raftTerm: this.#term,
    };
  }

  /** Bytes of the header's content, without tag and length. */
  #contentSize(revision: number): number {
    const revisionSize = revision === 0 ? 0 : 1 + varintSize(revision);
    return this.#ids.length + revisionSize + this.#termBytes.length;
  }

  /** Bytes that `writeInto` writes. */
  size(revision: number): number {
    return 2 + this.#contentSize(revision);
  }

  /** Writes field 1, the header, and returns the offset behind it. */
  writeInto(into: Uint8Array, offset: number, revision: number): number {
    into[offset++] = HEADER_TAG;
    into[offset++] = this.#contentSize(revision);
    into.set(this.#ids, offset);
    offset += this.#ids.length;
    if (revision !== 0) {
      into[offset++] = REVISION_TAG;
      offset = writeVarint(into, offset, revision);
    }
    into.set(this.#termBytes, offset);
    return offset + this.#termBytes.length;
  }

  /** A whole response of a header alone: Put without prev_kv, Compact, LeaseRevoke, ... */
  reply(revision: number): Uint8Array {
    const message = this.#slab.take(this.size(revision));
    this.writeInto(message, 0, revision);
    return message;
  }

  /** A response of the header and then what was written as `rest`, which starts anew. */
  replyWith(revision: number, rest: WireWriter): Uint8Array {
    const headerSize = this.size(revision);
    const message = this.#slab.take(headerSize + rest.length);
    this.writeInto(message, 0, revision);
    rest.copyTo(message, headerSize);
    rest.reset();
    return message;
  }

  /** Writes field 1 to a writer. */
  write(writer: WireWriter, revision: number): void {
    writer.uint32(HEADER_TAG);
    writer.uint32(this.#contentSize(revision));
    writer.raw(this.#ids);
    if (revision !== 0) {
      writer.uint32(REVISION_TAG);
      writer.counter(revision);
    }
    writer.raw(this.#termBytes);
  }
}

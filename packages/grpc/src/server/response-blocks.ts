import { EncodedBlock } from "../hpack/encoded-block.ts";
import type { HeaderField } from "../hpack/encoder.ts";
import { ACCEPTED_ENCODINGS } from "../message/decompress.ts";
import { percentEncode } from "../message/percent.ts";
import { Status, type StatusCode } from "../status.ts";

const CONTENT_TYPE: HeaderField = {
  name: "content-type",
  value: "application/grpc",
  indexing: "index",
};

function httpStatus(status: number): HeaderField {
  return { name: ":status", value: String(status), indexing: "plain" };
}

function statusFields(code: StatusCode, message: string): HeaderField[] {
  const fields: HeaderField[] = [
    // OK comes all the time and is worth a place in the table.
    { name: "grpc-status", value: String(code), indexing: code === Status.OK ? "index" : "plain" },
  ];
  if (code !== Status.OK && message !== "") {
    fields.push({ name: "grpc-message", value: percentEncode(message), indexing: "plain" });
  }
  return fields;
}

/** The header blocks of one connection that are the same for every reply. */
export class ResponseBlocks {
  readonly head: EncodedBlock = new EncodedBlock([httpStatus(200), CONTENT_TYPE]);
  readonly ok: EncodedBlock = new EncodedBlock(statusFields(Status.OK, ""));
}

/** Trailers of a call that had a head. */
export function errorTrailers(code: StatusCode, message: string): EncodedBlock {
  return new EncodedBlock(statusFields(code, message));
}

/** The head of an answer to who does not speak gRPC; a body in plain text follows. */
export function plainTextHead(http: number, code: StatusCode, message: string): EncodedBlock {
  const type: HeaderField = { name: "content-type", value: "text/plain", indexing: "plain" };
  return new EncodedBlock([httpStatus(http), type, ...statusFields(code, message)]);
}

/** A reply that consists of trailers only. */
export function trailersOnly(http: number, code: StatusCode, message: string): EncodedBlock {
  const fields = [httpStatus(http), CONTENT_TYPE, ...statusFields(code, message)];
  if (code === Status.UNIMPLEMENTED) {
    fields.push({ name: "grpc-accept-encoding", value: ACCEPTED_ENCODINGS, indexing: "plain" });
  }
  return new EncodedBlock(fields);
}

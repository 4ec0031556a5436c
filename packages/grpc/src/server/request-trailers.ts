import type { FieldSink, HpackDecoder } from "../hpack/decoder.ts";
import { ErrorCode, Http2Error } from "../http2-error.ts";

/** gRPC gives a client's trailers no meaning: they are decoded for the table's sake, and checked. */
export function readRequestTrailers(
  decoder: HpackDecoder,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  endStream: boolean,
): void {
  const fields = new TrailerFields();
  decoder.decode(bytes, start, end, fields);
  if (!endStream || fields.pseudo) {
    throw new Http2Error(ErrorCode.PROTOCOL_ERROR, "Malformed trailers", streamId);
  }
}

class TrailerFields implements FieldSink {
  pseudo = false;

  onField(name: string): void {
    if (name.startsWith(":")) this.pseudo = true;
  }
}

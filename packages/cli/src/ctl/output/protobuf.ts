import { type MessageCodec, ResponseHeader, WatchResponse } from "@nodetcd/messages";
import { CODECS } from "./codecs.ts";
import type { OutputForm } from "./replies.ts";

/** Of replies about leases etcdctl writes the header alone. */
function headerOnly(reply: { readonly header: ResponseHeader | undefined }): Uint8Array {
  return ResponseHeader.encode(reply.header ?? {});
}

const whole = Object.fromEntries(
  Object.entries(CODECS).map(([kind, codec]) => [
    kind,
    (reply: object) => (codec as MessageCodec<object>).encode(reply),
  ]),
) as OutputForm;

/** `-w protobuf`: the reply's bytes. */
export const protobuf: OutputForm = {
  ...whole,
  grant: headerOnly,
  keepAlive: headerOnly,
  timeToLive: headerOnly,
  leases: headerOnly,
  watch: ({ header, events, compactRevision, canceled, created }) =>
    WatchResponse.encode({ header, events, compactRevision, canceled, created }),
};

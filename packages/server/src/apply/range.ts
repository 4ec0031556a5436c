import { Slab } from "@nodetcd/bytes";
import type { RangeRequest } from "@nodetcd/messages";
import { findRange, pairForm, writeFound } from "../read/range.ts";
import type { RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { replyWriter } from "../wire/reply-writer.ts";

const slab = new Slab();

/** Answers a range with the encoded RangeResponse; owned by the caller. */
export function applyRange(
  view: RangeView,
  headers: ResponseHeaders,
  request: RangeRequest,
): Uint8Array {
  const found = findRange(view, request);
  replyWriter.reset();
  headers.write(replyWriter, found.revision);
  writeFound(replyWriter, found, pairForm(request));
  return slab.finish(replyWriter);
}

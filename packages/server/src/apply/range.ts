import type { RangeRequest } from "@nodetcd/messages";
import { type FoundRange, findRange, pairForm, writeFound } from "../read/range.ts";
import type { RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../receive/response-header.ts";
import { replyWriter } from "./reply.ts";

/** The encoded RangeResponse of what was found; owned by the caller. */
export function encodeFound(
  headers: ResponseHeaders,
  request: RangeRequest,
  found: FoundRange,
): Uint8Array {
  replyWriter.reset();
  headers.write(replyWriter, found.revision);
  writeFound(replyWriter, found, pairForm(request));
  return replyWriter.finish();
}

/** Answers a range with the encoded RangeResponse. */
export function applyRange(
  view: RangeView,
  headers: ResponseHeaders,
  request: RangeRequest,
): Uint8Array {
  return encodeFound(headers, request, findRange(view, request));
}

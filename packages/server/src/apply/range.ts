import { Slab } from "@nodetcd/bytes";
import type { RangeRequest } from "@nodetcd/messages";
import { findRange, findSmallRange, type FoundRange, pairForm, writeFound } from "../read/range.ts";
import type { LargeRangeView, RangeView } from "../read/range-view.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { replyWriter } from "../wire/reply-writer.ts";

const slab = new Slab();

/** Answers a range with the encoded RangeResponse; owned by the caller. */
export function applyRange(
  view: RangeView,
  headers: ResponseHeaders,
  request: RangeRequest,
): Uint8Array {
  return write(findRange(view, request), headers, request);
}

/** As `applyRange`; undefined when that is too much for one turn of the loop. */
export function readSmallRange(
  view: LargeRangeView,
  headers: ResponseHeaders,
  request: RangeRequest,
): Uint8Array | undefined {
  const found = findSmallRange(view, request);
  return found === undefined ? undefined : write(found, headers, request);
}

function write(found: FoundRange, headers: ResponseHeaders, request: RangeRequest): Uint8Array {
  replyWriter.reset();
  headers.write(replyWriter, found.revision);
  writeFound(replyWriter, found, pairForm(request));
  return slab.finish(replyWriter);
}

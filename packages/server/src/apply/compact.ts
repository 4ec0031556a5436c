import type { CompactionRequest } from "@nodetcd/messages";
import type { Backend } from "@nodetcd/backend";
import type { Store } from "@nodetcd/mvcc";
import type { ResponseHeaders } from "../wire/response-header.ts";
import type { Outcome } from "./applier.ts";

/**
 * The quick part of a compaction: from here on older revisions cannot be read. Deleting them is left
 * to the store's scheduler.
 */
export function applyCompact(
  store: Store,
  backend: Backend,
  headers: ResponseHeaders,
  request: CompactionRequest,
): Outcome {
  const { done } = store.compact(request.revision);
  // Committed too, or a crash could bring back what the caller was told is gone.
  const physical = done.then(() => backend.commit());
  // Nobody may be waiting; a compaction that is broken off goes on after the next start.
  physical.catch(() => undefined);
  return { kind: "compacting", reply: headers.reply(store.revision), physical };
}

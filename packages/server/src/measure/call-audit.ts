import type { AnyMethod } from "@nodetcd/messages";
import type { StreamAudit } from "./metered-stream.ts";
import type { UnaryAudit } from "./metered-unary.ts";

/** Keeps a record of calls. */
export interface CallAudit {
  unary(method: AnyMethod): UnaryAudit;
  stream(method: AnyMethod): StreamAudit;
}

export { CompactorError, type CompactorErrorCode } from "./errors.ts";
export type { CompactorOptions } from "./loop.ts";
export { CompactorMetrics } from "./metrics.ts";
export { CompactorRegistry } from "./registry.ts";
export { COMPACT_KEY, type Memory, type Round, type RoundOutcome } from "./round.ts";
export { type Compactor, compactOnce, startCompactor } from "./start-compactor.ts";

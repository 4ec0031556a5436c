/** Milliseconds between rounds, as Kubernetes has it. */
export const DEFAULT_INTERVAL_MS: number = 5 * 60_000;
/** Shortest interval that is taken, in milliseconds: each round is a write. */
export const INTERVAL_MIN_MS = 10;
/** Longest interval that is taken, in milliseconds: a year. */
export const INTERVAL_MAX_MS: number = 366 * 86_400_000;
/** Milliseconds that a pin is respected, counted from when this compactor first saw it. */
export const DEFAULT_PIN_LIMIT_MS: number = 24 * 3_600_000;
/** Pins that are looked at; one more, and the round fails rather than overlook one. */
export const PINS_MAX = 1_000;
/** Milliseconds that one call of a round may take. */
export const CALL_TIMEOUT_MS = 10_000;

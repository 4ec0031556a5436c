/** The status codes of gRPC (grpc/grpc doc/statuscodes.md). */
export const Status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type StatusCode = (typeof Status)[keyof typeof Status];

/** How many codes there are; they are 0 to `STATUS_COUNT - 1`. */
export const STATUS_COUNT = 17;

/** The code with this number; a number that gRPC does not define reads as UNKNOWN. */
export function toStatusCode(value: number): StatusCode {
  return Number.isInteger(value) && value >= 0 && value < STATUS_COUNT
    ? (value as StatusCode)
    : Status.UNKNOWN;
}

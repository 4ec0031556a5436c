const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Milliseconds of a grpc-timeout such as `1500m`; undefined when it is malformed. */
export function parseTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * UNIT_MS[match[2]!]!;
}

/** Why `parseTimeout` does not take it, in grpc-go's words. */
export function timeoutProblem(text: string): string {
  const shown = JSON.stringify(text);
  if (text.length < 2) return `transport: timeout string is too short: ${shown}`;
  if (text.length > 9) return `transport: timeout string is too long: ${shown}`;
  if (!/[HMSmun]$/.test(text)) return `transport: timeout unit is not recognized: ${shown}`;
  return `strconv.ParseUint: parsing ${JSON.stringify(text.slice(0, -1))}: invalid syntax`;
}

/** The grpc-timeout for a number of milliseconds, rounded up; at most eight digits. */
export function formatTimeout(ms: number): string {
  if (ms <= 0) return "1n";
  if (ms < 10_000) return `${Math.ceil(ms * 1000)}u`;
  if (ms < 99_999_999) return `${Math.ceil(ms)}m`;
  return `${Math.min(99_999_999, Math.ceil(ms / 1000))}S`;
}

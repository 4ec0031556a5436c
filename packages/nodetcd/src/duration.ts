import { parseGoDuration } from "@nodetcd/runtime";
import { ServerError } from "@nodetcd/server";

/** Milliseconds, or a text such as `10s`, `1m30s`, `250ms`. */
export type Duration = number | string;

/** In milliseconds. Raises `ServerError` of code `BAD_CONFIG` for what is none, or below 0. */
export function milliseconds(duration: Duration, name: string): number {
  const ms = typeof duration === "string" ? parseGoDuration(duration) : duration;
  if (typeof ms === "number" && ms >= 0 && Number.isFinite(ms)) return ms;
  const message = `${name}: expected milliseconds or a duration such as "10s", got ${String(duration)}`;
  throw new ServerError("BAD_CONFIG", message);
}

/** A duration as Go prints it: `45.88µs`, `1.122401ms`, `1.5s`, `2m3.5s`. */
export function goDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${trimmed(nanoseconds, 1e3, 3)}µs`;
  if (nanoseconds < 1e9) return `${trimmed(nanoseconds, 1e6, 6)}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${trimmed(nanoseconds - minutes * 60e9, 1e9, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** `whole / unit`, without zeros at the end. */
function trimmed(whole: number, unit: number, digits: number): string {
  const fraction = String(whole % unit).padStart(digits, "0");
  return `${Math.floor(whole / unit)}.${fraction}`.replace(/\.?0+$/, "");
}

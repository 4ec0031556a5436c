/** Nanoseconds in Go's notation: "850ns", "23.559µs", "47.119313ms", "1.5s", "2m3s". */
export function goDuration(nanoseconds: number): string {
  const whole = Math.round(nanoseconds);
  if (whole === 0) return "0s";
  if (whole < 1e3) return `${whole}ns`;
  if (whole < 1e6) return `${trimmed(whole, 1e3, 3)}µs`;
  if (whole < 1e9) return `${trimmed(whole, 1e6, 6)}ms`;
  const minutes = Math.floor(whole / 60e9);
  const seconds = `${trimmed(whole - minutes * 60e9, 1e9, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** `whole / unit`, without zeros at the end. */
function trimmed(whole: number, unit: number, digits: number): string {
  const fraction = String(whole % unit).padStart(digits, "0");
  return `${Math.floor(whole / unit)}.${fraction}`.replace(/\.?0+$/, "");
}

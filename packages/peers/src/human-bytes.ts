const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `9.4 kB`, `188 kB`: thousands, one digit behind the point below ten. As etcd's log lines have sizes. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[power]!}`;
}

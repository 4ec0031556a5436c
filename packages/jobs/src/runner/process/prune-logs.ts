import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { LOG_KEPT_MS, LOGS_BYTES_MAX } from "../../limits.ts";

interface KeptPod {
  readonly folder: string;
  readonly bytes: number;
  /** When something was written last, in milliseconds of wall time. */
  readonly touched: number;
}

function measure(folder: string): KeptPod {
  let bytes = 0;
  let touched = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const found = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    if (found === undefined || !entry.isFile()) continue;
    bytes += found.size;
    touched = Math.max(touched, found.mtimeMs);
  }
  return { folder, bytes, touched };
}

/** Removes what is kept of pods that are gone: what is old, and the oldest while all together is too much. */
export function pruneLogs(
  podsFolder: string,
  isThere: (uid: string) => boolean,
  now: number,
): void {
  const gone = readdirSync(podsFolder)
    .filter((uid) => !isThere(uid))
    .map((uid) => measure(join(podsFolder, uid)))
    .sort((a, b) => b.touched - a.touched);
  let bytes = 0;
  for (const pod of gone) {
    bytes += pod.bytes;
    if (bytes <= LOGS_BYTES_MAX && now - pod.touched <= LOG_KEPT_MS) continue;
    rmSync(pod.folder, { recursive: true, force: true });
  }
}

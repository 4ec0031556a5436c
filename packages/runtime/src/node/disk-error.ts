import { DiskError, type DiskErrorCode } from "../disk.ts";

const CODES: Record<string, DiskErrorCode> = {
  ENOENT: "NOT_FOUND",
  EEXIST: "ALREADY_EXISTS",
  ENOSPC: "NO_SPACE",
  EDQUOT: "NO_SPACE",
  EACCES: "NO_PERMISSION",
  EPERM: "NO_PERMISSION",
  EROFS: "NO_PERMISSION",
  ENOTEMPTY: "NOT_EMPTY",
  ENOTDIR: "WRONG_KIND",
  EISDIR: "WRONG_KIND",
};

/** Turns an error of `node:fs` into a `DiskError` that says what was tried on which path. */
export function diskError(error: unknown, path: string, action: string): DiskError {
  const cause = error as NodeJS.ErrnoException;
  const code = CODES[cause.code ?? ""] ?? "IO_FAILED";
  return new DiskError(code, path, `Cannot ${action} ${path}: ${cause.message}`, { cause });
}

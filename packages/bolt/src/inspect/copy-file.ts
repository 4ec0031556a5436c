import { type Disk, DiskError } from "@nodetcd/runtime";
import { BoltError } from "../errors.ts";
import { WRITE_RUN_BYTES } from "../limits.ts";

/**
 * Copies a database file to a path that must not exist yet (`ALREADY_EXISTS`), synced. The file is
 * locked for reading meanwhile, so that no writer changes it: `TIMEOUT` when one has it open.
 */
export function copyDatabaseFile(disk: Disk, from: string, to: string): void {
  const source = disk.open(from, "read");
  try {
    lock();
    const target = disk.open(to, "create-new");
    try {
      const buffer = new Uint8Array(WRITE_RUN_BYTES);
      for (let position = 0; ;) {
        const count = source.read(buffer, position);
        if (count === 0) break;
        target.write(buffer.subarray(0, count), position);
        position += count;
      }
      target.sync();
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }

  function lock(): void {
    try {
      source.lock("shared", 0);
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== "LOCKED") throw error;
      throw new BoltError("TIMEOUT", error.message, { cause: error });
    }
  }
}

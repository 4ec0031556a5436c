import { writeSync } from "node:fs";
import type { Writable } from "node:stream";

/** Bytes of lines that wait for somebody to read them, at most; then lines are dropped and counted. */
export const LOG_QUEUE_BYTES_MAX: number = 1024 * 1024;

/** Takes whole lines with their ends. Never fails and never waits for a reader. */
export interface LogOutput {
  /** False: it was dropped. */
  write(line: string): boolean;
  /** Resolves when all that was written has left, or after `patienceMs`. */
  flush(patienceMs: number): Promise<void>;
}

/** The line that stands where `dropped` lines are missing. */
export type Gap = (dropped: number) => string;

/**
 * A pipe, socket or terminal. When its reader falls `LOG_QUEUE_BYTES_MAX` behind, lines are dropped until
 * it has caught up; then `gap` says how many. When it goes away, the member does not.
 */
export function streamOutput(stream: Writable, gap: Gap): LogOutput {
  let dropped = 0;
  stream.on("error", () => undefined);
  stream.on("drain", () => {
    if (dropped === 0) return;
    const missing = dropped;
    dropped = 0;
    stream.write(gap(missing));
  });
  return {
    write(line) {
      if (stream.destroyed) return false;
      const isTaken = dropped === 0 && stream.writableLength + line.length <= LOG_QUEUE_BYTES_MAX;
      if (isTaken) stream.write(line);
      else dropped++;
      return isTaken;
    },
    flush(patienceMs) {
      if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        stream.write("", () => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}

/**
 * A file. What cannot be written, as when the disk is full, is dropped; `gap` says how many lines once
 * there is room again.
 *
 * @param descriptorFor names the file that takes so many bytes more
 */
export function fileOutput(descriptorFor: (bytes: number) => number, gap: Gap): LogOutput {
  let dropped = 0;
  /** The file ends in the middle of a line. */
  let isTorn = false;
  const writeAll = (text: string): void => {
    const bytes = Buffer.from(text);
    const descriptor = descriptorFor(bytes.length);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    } finally {
      if (written > 0) isTorn = written < bytes.length;
    }
  };
  return {
    write(line) {
      const missing = dropped === 0 ? "" : gap(dropped);
      try {
        writeAll(`${isTorn ? "\n" : ""}${missing}${line}`);
        dropped = 0;
        return true;
      } catch {
        dropped++;
        return false;
      }
    },
    flush: () => Promise.resolve(),
  };
}

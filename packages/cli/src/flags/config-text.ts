import { closeSync, openSync, readSync } from "node:fs";

/** Longest configuration file, in bytes. Longer ones are refused before they are read: it may be a device. */
export const CONFIG_FILE_BYTES_MAX: number = 1024 * 1024;

/** Text in UTF-8, or in UTF-16 if its first two bytes say so, as some editors save it. Owned by the caller. */
function decode(bytes: Buffer): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfffe) return bytes.toString("utf16le", 2);
  if (mark === 0xfeff) {
    const even = bytes.subarray(2, bytes.length - (bytes.length % 2));
    return Buffer.from(even).swap16().toString("utf16le");
  }
  return bytes.toString("utf8");
}

/** Reads a configuration file. Raises any `Error`. */
export function readConfigText(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(CONFIG_FILE_BYTES_MAX + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (read === 0) return decode(buffer.subarray(0, length));
      length += read;
      if (length > CONFIG_FILE_BYTES_MAX) {
        throw new Error(`it is longer than ${CONFIG_FILE_BYTES_MAX} bytes`);
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

import { createHash } from "node:crypto";
import { BoltCommandError, usageError } from "./command-error.ts";
import { type Flag, stringFlag } from "./flag.ts";
import { isPrintable, quote } from "../quote.ts";

const FORMATS = "auto|ascii-encoded|hex|bytes|redacted";

export const FORMAT: Flag<string> = stringFlag(
  "format",
  `how bytes are shown, one of ${FORMATS}`,
  "auto",
);

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** As it is when it is all printable, else hexadecimal. */
export function textOrHex(bytes: Uint8Array): string {
  return isPrintable(bytes) ? Buffer.from(bytes).toString() : hex(bytes);
}

/** Keys on pages: in quotes when printable, else hexadecimal. */
export function quotedOrHex(bytes: Uint8Array): string {
  return isPrintable(bytes) ? quote(bytes) : hex(bytes);
}

/**
 * A key or value in one of the five formats; `bytes` gives `data` itself.
 *
 * @param data borrowed
 */
export function format(data: Uint8Array, name: string): string | Uint8Array {
  switch (name) {
    case "auto":
      return textOrHex(data);
    case "ascii-encoded":
      return quote(data);
    case "hex":
      return hex(data);
    case "bytes":
      return data;
    case "redacted": {
      const hash = createHash("sha256").update(data).digest("hex");
      return `<redacted len:${data.length} sha256:${hash}>`;
    }
    default:
      throw usageError(`unsupported format: ${name}, expected one of ${FORMATS}`);
  }
}

/** A key on the command line. @returns owned by the caller */
export function parseKey(text: string, format: string): Uint8Array {
  if (format === "ascii-encoded") return Buffer.from(text);
  if (format !== "hex") {
    throw usageError(`unsupported format: ${format}, expected ascii-encoded or hex`);
  }
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new BoltCommandError(`the key "${text}" is not hexadecimal`);
  }
  return Buffer.from(text, "hex");
}

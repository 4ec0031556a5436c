const LINE_BYTES = 16;

/**
 * Lines of 16 bytes in groups of two, each with its offset; a run of equal lines is one `*`, but the
 * last line is always shown.
 *
 *     0003000 0300 0000 0000 0000 0200 2400 0000 0000
 *
 * @param bytes borrowed; a multiple of 16 long
 * @param start offset of the first byte in the file
 */
export function* hexLines(bytes: Uint8Array, start: number): Generator<string> {
  let previous = "";
  let isRun = false;
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const offset = (start + at).toString(16).padStart(7, "0");
    const line = Buffer.from(bytes.subarray(at, at + LINE_BYTES)).toString("hex");
    if (line === previous && at + LINE_BYTES < bytes.length) {
      if (!isRun) yield `${offset} *`;
      isRun = true;
    } else {
      yield `${offset} ${line.replace(/.{4}(?=.)/g, "$& ")}`;
      isRun = false;
    }
    previous = line;
  }
}

import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { nodeDisk } from "@nodetcd/runtime/node";

/**
 * A file of JSON lines that is only added to. When it is longer than `maxBytes`, its older half goes.
 * A line that is cut off or damaged is left out when it is read.
 */
export class LineFile {
  readonly path: string;
  readonly #maxBytes: number;
  #bytes: number;

  /** Makes the folder, with permissions 0700. Raises the error of the file system. */
  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    nodeDisk.makeDirectory(dirname(path));
    appendFileSync(path, "", { mode: 0o600 });
    this.#bytes = statSync(path).size;
  }

  read(): unknown[] {
    return readFileSync(this.path, "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return line === "" ? [] : [JSON.parse(line) as unknown];
        } catch {
          return [];
        }
      });
  }

  add(value: unknown): void {
    const line = `${JSON.stringify(value)}\n`;
    appendFileSync(this.path, line);
    this.#bytes += Buffer.byteLength(line);
    if (this.#bytes > this.#maxBytes) this.#halve();
  }

  #halve(): void {
    const lines = readFileSync(this.path, "utf8").split("\n");
    const text = lines.slice(lines.length >> 1).join("\n");
    writeFileSync(`${this.path}.new`, text, { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
    this.#bytes = Buffer.byteLength(text);
  }
}

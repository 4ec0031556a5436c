/** Standard input by lines. A last line without its end is none: it may have been cut off. */
export class InputLines {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest = Buffer.alloc(0);

  constructor() {
    this.#chunks = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Undefined at the end of input. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString();
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      const chunk = await this.#chunks.next();
      if (chunk.done === true) return undefined;
      this.#rest = Buffer.concat([this.#rest, chunk.value]);
    }
  }

  /** As `next`, with a last line that has no end; "" behind it. */
  async nextOrRest(): Promise<string> {
    const line = await this.next();
    if (line !== undefined) return line;
    const rest = this.#rest.toString();
    this.#rest = Buffer.alloc(0);
    return rest;
  }

  close(): void {
    process.stdin.destroy();
  }
}

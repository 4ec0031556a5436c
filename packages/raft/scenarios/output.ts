import type { RaftLogger } from "../src/types.ts";

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"] as const;

/** What a command prints, log lines of the core among it. At level NONE nothing is printed at all. */
export class Output implements RaftLogger {
  #text = "";
  #level = 0;

  get text(): string {
    return this.#text;
  }

  get level(): string {
    return LEVELS[this.#level]!;
  }

  get quiet(): boolean {
    return this.level === "NONE";
  }

  /** Lines below this level are left out. */
  setLevel(name: string): void {
    const level = LEVELS.findIndex((each) => each === name.toUpperCase());
    if (level < 0) throw new Error(`log levels must be either of [${LEVELS.join(" ")}]`);
    this.#level = level;
  }

  clear(): void {
    this.#text = "";
  }

  write(text: string): void {
    if (!this.quiet) this.#text += text;
  }

  /** Indents by two everything that `action` prints. */
  indented(action: () => void): void {
    const before = this.#text;
    this.#text = "";
    try {
      action();
    } finally {
      const lines = this.#text.split("\n");
      if (lines.at(-1) === "") lines.pop();
      this.#text = before + lines.map((line) => `  ${line}\n`).join("");
    }
  }

  debug(text: string): void {
    this.#log(0, text);
  }

  info(text: string): void {
    this.#log(1, text);
  }

  warning(text: string): void {
    this.#log(2, text);
  }

  error(text: string): void {
    this.#log(3, text);
  }

  #log(level: number, text: string): void {
    if (this.#level <= level) this.#text += `${LEVELS[level]} ${text}\n`;
  }
}

import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { LOG_FILE_BYTES_MAX, LOG_LINE_BYTES_MAX } from "../../limits.ts";

const NEWLINE = 10;
const READ_BYTES = 256 * 1024;
const STREAMS = ["stdout", "stderr"] as const;
type Stream = (typeof STREAMS)[number];

/**
 * Turns what a container writes into lines of `TIME STREAM F|P TEXT`, as container runtimes do: P is a part
 * of a line that goes on. How far it has come is what the lines hold, so that after a crash it goes on
 * without a gap and without a line twice.
 */
export class LogCollector {
  readonly #folder: string;
  readonly #done: Record<Stream, number> = { stdout: 0, stderr: 0 };
  #size = 0;
  #opened = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes in what has come. `last`: the container has ended, and a line without an end is one, too. */
  collect(now: number, last: boolean): void {
    if (!this.#opened) this.#resume();
    for (const stream of STREAMS) this.#collect(stream, now, last);
    if (last) for (const stream of STREAMS) rmSync(join(this.#folder, stream), { force: true });
  }

  #collect(stream: Stream, now: number, last: boolean): void {
    const path = join(this.#folder, stream);
    if (!existsSync(path)) return;
    const file = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(READ_BYTES);
      const size = fstatSync(file).size;
      while (this.#done[stream] < size) {
        const length = readSync(file, buffer, 0, READ_BYTES, this.#done[stream]);
        if (length === 0) return;
        const taken = this.#append(stream, buffer.subarray(0, length), now, last);
        if (taken === 0) return;
      }
    } finally {
      closeSync(file);
    }
  }

  /** Writes the whole lines of `bytes`, and long parts; gives how many bytes those are. */
  #append(stream: Stream, bytes: Buffer, now: number, last: boolean): number {
    const head = `${new Date(now).toISOString().slice(0, 23)}000000Z ${stream} `;
    const lines: Buffer[] = [];
    let taken = 0;
    while (taken < bytes.length) {
      const end = bytes.indexOf(NEWLINE, taken);
      const whole = end >= 0 && end - taken < LOG_LINE_BYTES_MAX;
      const rest = bytes.length - taken;
      if (!whole && rest < LOG_LINE_BYTES_MAX && !last) break;
      const stop = whole ? end : Math.min(bytes.length, taken + LOG_LINE_BYTES_MAX);
      lines.push(
        Buffer.from(`${head}${whole ? "F" : "P"} `),
        bytes.subarray(taken, stop),
        Buffer.from("\n"),
      );
      taken = whole ? stop + 1 : stop;
    }
    if (taken === 0) return 0;
    this.#rotateWhenFull();
    const text = Buffer.concat(lines);
    const log = openSync(join(this.#folder, "log"), "a", 0o600);
    writeSync(log, text);
    closeSync(log);
    this.#size += text.length;
    this.#done[stream] += taken;
    return taken;
  }

  /** The older half of a long log goes when the newer one is full. The first line says what came before. */
  #rotateWhenFull(): void {
    if (this.#size < LOG_FILE_BYTES_MAX) return;
    const path = join(this.#folder, "log");
    renameSync(path, join(this.#folder, "log.old"));
    const first = `# stdout ${this.#done.stdout} stderr ${this.#done.stderr}\n`;
    const file = openSync(`${path}.tmp`, "w", 0o600);
    writeSync(file, first);
    closeSync(file);
    renameSync(`${path}.tmp`, path);
    this.#size = first.length;
  }

  /** Counts what the log holds; a line that a crash has cut off goes. */
  #resume(): void {
    this.#opened = true;
    const path = join(this.#folder, "log");
    const old = join(this.#folder, "log.old");
    // A crash between the two renames of a rotation: the older half is the log still.
    if (!existsSync(path) && existsSync(old)) renameSync(old, path);
    if (!existsSync(path)) return;
    const text = readFileSync(path);
    this.#size = text.lastIndexOf(NEWLINE) + 1;
    if (this.#size < text.length) truncateSync(path, this.#size);
    for (const { stream, text: line, whole, before } of logLines(text.subarray(0, this.#size))) {
      if (before !== undefined) Object.assign(this.#done, before);
      else if (stream !== undefined) this.#done[stream] += line.length + (whole ? 1 : 0);
    }
  }
}

export interface LogLine {
  readonly time: string;
  readonly stream: Stream | undefined;
  readonly whole: boolean;
  /** Borrowed. */
  readonly text: Uint8Array;
  /** Of the first line of a file: the bytes of each stream that older files hold. */
  readonly before?: Record<Stream, number>;
}

/** The lines of a log file; an unfinished last one is left out. */
export function* logLines(bytes: Uint8Array): Generator<LogLine, void, undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0, end = 0; (end = buffer.indexOf(NEWLINE, at)) >= 0; at = end + 1) {
    const line = buffer.subarray(at, end);
    const [time = "", stream, flag] = line.subarray(0, 60).toString("latin1").split(" ");
    if (time === "#") {
      const [, , stdout, , stderr] = line.toString("latin1").split(" ");
      const before = { stdout: Number(stdout), stderr: Number(stderr) };
      yield { time: "", stream: undefined, whole: true, text: new Uint8Array(0), before };
    } else if (stream === "stdout" || stream === "stderr") {
      const text = line.subarray(time.length + stream.length + 4);
      yield { time, stream, whole: flag === "F", text };
    }
  }
}

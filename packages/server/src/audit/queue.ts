import { type Clock, type Logger, sleep } from "@nodetcd/runtime";
import {
  AUDIT_LAST_LINES_MS,
  AUDIT_QUEUE_BYTES_MAX,
  AUDIT_RETRY_MS,
  AUDIT_WRITE_BYTES_MAX,
} from "../limits.ts";

/** Where lines go: whole lines with their ends. */
export interface AuditSink {
  /** Rejects when they could not be written; they are given again then, all of them. */
  write(lines: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Lines on their way to a sink, one write at a time. Nobody waits for it: lines that the sink is too slow for,
 * or refuses for too long, are dropped and counted once `AUDIT_QUEUE_BYTES_MAX` wait.
 */
export class AuditQueue {
  written = 0;
  dropped = 0;
  /** Writes that the sink refused. */
  failures = 0;
  readonly #sink: AuditSink;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #draining: Promise<void> | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(sink: AuditSink, clock: Clock, logger: Logger) {
    this.#sink = sink;
    this.#clock = clock;
    this.#logger = logger;
  }

  push(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#isClosed || this.#bytes + bytes.length > AUDIT_QUEUE_BYTES_MAX) {
      this.dropped++;
      return;
    }
    this.#bytes += bytes.length;
    this.#waiting.push(bytes);
    // Lines of one turn of the loop go in one write.
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#clock.yield();
      const lines = this.#waiting;
      this.#waiting = [];
      for (let from = 0; from < lines.length;) {
        const to = endOfChunk(lines, from);
        await this.#writeAll(lines.slice(from, to));
        from = to;
      }
    }
    this.#draining = undefined;
  }

  /** They count as waiting until they are written. */
  async #writeAll(lines: readonly Buffer[]): Promise<void> {
    const chunk = Buffer.concat(lines);
    while (!(await this.#tryWrite(chunk))) {
      if (this.#isClosed) {
        this.dropped += lines.length;
        this.#bytes -= chunk.length;
        return;
      }
      await sleep(this.#clock, AUDIT_RETRY_MS);
    }
    this.#bytes -= chunk.length;
    this.written += lines.length;
  }

  async #tryWrite(chunk: Uint8Array): Promise<boolean> {
    try {
      await this.#sink.write(chunk);
    } catch (error) {
      this.failures++;
      // Said once, not every second.
      if (!this.#isFailing) {
        this.#logger.error("the audit log cannot be written; trying again, lines may be dropped", {
          error: error instanceof Error ? error.message : String(error),
        });
      }
      this.#isFailing = true;
      return false;
    }
    if (this.#isFailing) {
      this.#logger.info("the audit log is written again", { "dropped-lines": this.dropped });
    }
    this.#isFailing = false;
    return true;
  }

  /** Takes no more, and gives what waits `AUDIT_LAST_LINES_MS` to be written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const last = (this.#draining ?? Promise.resolve()).then(() => this.#sink.close());
    const settled = last.catch((error: unknown) => {
      this.#logger.warn("the audit log could not be closed", { error: String(error) });
    });
    let patience: { cancel(): void } | undefined;
    const timeout = new Promise<void>((resolve) => {
      patience = this.#clock.setTimer(AUDIT_LAST_LINES_MS, resolve);
    });
    await Promise.race([settled, timeout]);
    patience?.cancel();
  }
}

/** Up to where lines go in one write: one line at least. */
function endOfChunk(lines: readonly Buffer[], from: number): number {
  let [to, bytes] = [from, 0];
  do {
    bytes += lines[to]?.length ?? 0;
    to++;
  } while (to < lines.length && bytes + (lines[to]?.length ?? 0) <= AUDIT_WRITE_BYTES_MAX);
  return to;
}

import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "@nodetcd/runtime";
import { ApiError, badRequest } from "../../errors.ts";
import { LOG_POLL_MS } from "../../limits.ts";
import type { LogRequest, OwnLogs } from "../../log-source.ts";
import { Attempt } from "./attempt.ts";
import { type LogLine, logLines } from "./collect-logs.ts";

/** Serves what `LogCollector` has written, also of pods that are gone. */
export class FileLogs implements OwnLogs {
  readonly nodeName: string;
  readonly #folder: string;
  readonly #clock: Clock;

  /** @param folder has a folder for each pod's uid */
  constructor(nodeName: string, folder: string, clock: Clock) {
    this.nodeName = nodeName;
    this.#folder = folder;
    this.#clock = clock;
  }

  // oxlint-disable-next-line require-await -- a missing log is a rejection, as of sources that are elsewhere
  async open(request: LogRequest): Promise<AsyncIterable<Uint8Array>> {
    const folder = this.#runFolder(request);
    return limited(this.#read(folder, request), request.limitBytes);
  }

  #runFolder({ podUid, pod, container, previous }: LogRequest): string {
    const safe = [podUid, container].every((name) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name));
    const folder = join(this.#folder, podUid, container);
    if (!safe || !existsSync(join(this.#folder, podUid))) {
      throw new ApiError("NotFound", `no logs of pod "${pod}" are kept on this node`);
    }
    const runs = existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => /^\d+$/.test(name))
          .map(Number)
          .sort((a, b) => a - b)
      : [];
    const run = runs.at(previous ? -2 : -1);
    if (run === undefined) {
      const what = previous ? "previous terminated container" : "container";
      const why = previous ? "not found" : "is waiting to start: ContainerCreating";
      throw badRequest(`${what} "${container}" in pod "${pod}" ${why}`);
    }
    return join(folder, String(run));
  }

  async *#read(folder: string, request: LogRequest): AsyncGenerator<Uint8Array, void, undefined> {
    const { follow, tailLines, signal } = request;
    const attempt = new Attempt(folder);
    const wanted = (line: LogLine): boolean =>
      line.stream !== undefined && Date.parse(line.time) >= (request.sinceMs ?? 0);
    const reader = new LogReader(folder);
    for (let first = true; ; first = false) {
      // Ended before it was read: then what is read is all.
      const ended = hasEnded(attempt);
      const lines = [...reader.fresh()].filter(wanted);
      const chosen = first && tailLines !== undefined ? tail(lines, tailLines) : lines;
      if (chosen.length > 0) yield Buffer.concat(chosen.flatMap((line) => printed(line, request)));
      if (!follow || ended || signal.aborted) return;
      await sleep(this.#clock, LOG_POLL_MS);
      if (signal.aborted) return;
    }
  }
}

/** Gives the lines of a log that it has not given yet, also when the files are exchanged meanwhile. */
class LogReader {
  readonly #folder: string;
  #inode = 0;
  #position = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  *fresh(): Generator<LogLine, void, undefined> {
    const files = ["log.old", "log"].flatMap((name) => {
      const path = join(this.#folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, inode: found.ino, size: found.size }];
    });
    const last = files.findIndex(({ inode }) => inode === this.#inode);
    for (const { path, inode, size } of files.slice(Math.max(0, last))) {
      if (inode !== this.#inode) this.#position = 0;
      this.#inode = inode;
      const bytes = readFrom(path, this.#position, size);
      const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
      this.#position += whole.length;
      yield* logLines(whole);
    }
  }
}

function readFrom(path: string, position: number, size: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, size - position));
  const file = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position));
  } finally {
    closeSync(file);
  }
}

/** It runs no more, and all that it wrote is in the log. */
function hasEnded(attempt: Attempt): boolean {
  const { kind } = attempt.state();
  const collected =
    !existsSync(join(attempt.folder, "stdout")) && !existsSync(join(attempt.folder, "stderr"));
  return (kind === "ended" || kind === "lost") && collected;
}

/** The last lines, where the parts of a long line are one. */
function tail(lines: readonly LogLine[], count: number): readonly LogLine[] {
  if (count === 0) return [];
  let left = count;
  let from = lines.length;
  while (from > 0) {
    if (lines[from - 1]!.whole && from < lines.length && --left === 0) break;
    from--;
  }
  return lines.slice(from);
}

function printed({ time, text, whole }: LogLine, { timestamps }: LogRequest): Uint8Array[] {
  const head = timestamps ? [Buffer.from(`${time} `)] : [];
  return [...head, text, ...(whole ? [Buffer.from("\n")] : [])];
}

async function* limited(
  pieces: AsyncIterable<Uint8Array>,
  limit = Infinity,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = limit;
  for await (const piece of pieces) {
    if (left <= 0) return;
    yield piece.length <= left ? piece : piece.subarray(0, left);
    left -= piece.length;
  }
}

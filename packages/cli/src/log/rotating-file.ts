import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Clock } from "@nodetcd/runtime";
import { DEFAULT_ROTATION, type LogRotation } from "../flags/log-rotation.ts";

const MIB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * A log file, of mode 0600, that is put aside as `name-2026-01-31T23-59-59.000.log` when it is full, as etcd names
 * it. Old files are compressed and removed in the background. What fails there leaves the files as they are: a log
 * must not stop a server.
 */
export class RotatingFile {
  readonly #path: string;
  readonly #rotation: LogRotation;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #descriptor: number;
  #bytes: number;
  #tidying: Promise<void> = Promise.resolve();

  /** @param descriptor of the file at `path`, open for appending */
  constructor(path: string, descriptor: number, rotation: LogRotation, clock: Clock) {
    this.#path = path;
    this.#rotation = rotation;
    this.#clock = clock;
    this.#maxBytes = (rotation.maxsize || DEFAULT_ROTATION.maxsize) * MIB;
    this.#descriptor = descriptor;
    this.#bytes = fstatSync(this.#descriptor).size;
    this.#tidy();
  }

  /** Where so many more bytes go. */
  descriptorFor(bytes: number): number {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) this.#rotate();
    this.#bytes += bytes;
    return this.#descriptor;
  }

  /** Resolves when what was put aside is compressed, and what is too old is gone. */
  tidied(): Promise<void> {
    return this.#tidying;
  }

  /** When it fails, lines go on into the file that is open, and it is tried again after as many bytes. */
  #rotate(): void {
    this.#bytes = 0;
    try {
      if (existsSync(this.#path)) renameSync(this.#path, this.#oldName());
      const next = openSync(this.#path, "a", 0o600);
      closeSync(this.#descriptor);
      this.#descriptor = next;
      this.#tidy();
    } catch {
      return;
    }
  }

  #oldName(): string {
    const wall = new Date(this.#clock.wallTime());
    const shift = this.#rotation.localtime ? wall.getTimezoneOffset() * 60_000 : 0;
    const time = new Date(wall.getTime() - shift).toISOString().slice(0, -1).replaceAll(":", "-");
    const end = extname(this.#path);
    return `${this.#path.slice(0, this.#path.length - end.length)}-${time}${end}`;
  }

  #tidy(): void {
    this.#tidying = this.#tidying.then(() => this.#tidyOnce()).catch(() => undefined);
  }

  async #tidyOnce(): Promise<void> {
    const { maxbackups, maxage, compress } = this.#rotation;
    const oldest = maxage === 0 ? -Infinity : this.#clock.wallTime() - maxage * DAY_MS;
    const files = this.#oldFiles();
    for (const [place, path] of files.entries()) {
      const isTooMany = maxbackups > 0 && place >= maxbackups;
      if (isTooMany || statSync(path).mtimeMs < oldest) rmSync(path, { force: true });
      else if (compress && !path.endsWith(".gz")) await zip(path);
    }
  }

  /** The newest first: their names hold the time. */
  #oldFiles(): string[] {
    const folder = dirname(this.#path);
    const end = extname(this.#path);
    const name = basename(this.#path, end);
    const rest = /^-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/;
    return readdirSync(folder)
      .filter((file) => {
        const bare = file.endsWith(".gz") ? file.slice(0, -3) : file;
        if (!bare.startsWith(name) || !bare.endsWith(end)) return false;
        return rest.test(bare.slice(name.length, bare.length - end.length));
      })
      .toSorted()
      .toReversed()
      .map((file) => join(folder, file));
  }
}

/** A crash in its middle leaves the whole file beside the part, which the next time overwrites. */
async function zip(path: string): Promise<void> {
  const part = `${path}.part`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(part, { mode: 0o600 }));
  renameSync(part, `${path}.gz`);
  rmSync(path);
}

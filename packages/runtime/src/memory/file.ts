import { DiskError, type DiskFile } from "../disk.ts";
import type { Content } from "./content.ts";

/** An open file in memory. What is asynchronous on a disk ends after `pause`, so that others get their turn here, too. */
export class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #content: Content;
  readonly #readOnly: boolean;
  readonly #pause: () => Promise<void>;
  #closed = false;

  constructor(path: string, content: Content, readOnly: boolean, pause: () => Promise<void>) {
    this.path = path;
    this.#content = content;
    this.#readOnly = readOnly;
    this.#pause = pause;
  }

  #enter(change: "changes" | "reads"): Content {
    if (this.#closed) throw new DiskError("IO_FAILED", this.path, `${this.path} is closed`);
    if (change === "changes" && this.#readOnly) {
      throw new DiskError("IO_FAILED", this.path, `${this.path} is open for reading only`);
    }
    return this.#content;
  }

  read(into: Uint8Array, position: number): number {
    return this.#enter("reads").read(into, position);
  }

  async readAsync(into: Uint8Array, position: number): Promise<number> {
    const count = this.read(into, position);
    await this.#pause();
    return count;
  }

  write(from: Uint8Array, position: number): void {
    this.#enter("changes").write(from, position);
  }

  async writeAsync(chunks: readonly Uint8Array[], position: number): Promise<void> {
    let offset = position;
    for (const chunk of chunks) {
      this.write(chunk, offset);
      offset += chunk.length;
    }
    await this.#pause();
  }

  writeSynced(chunks: readonly Uint8Array[], position: number): Promise<void> {
    return this.writeAsync(chunks, position);
  }

  sync(): void {
    this.#enter("changes");
  }

  async syncAsync(): Promise<void> {
    this.sync();
    await this.#pause();
  }

  truncate(size: number): void {
    this.#enter("changes").truncate(size);
  }

  async truncateAsync(size: number): Promise<void> {
    this.truncate(size);
    await this.#pause();
  }

  /** Memory is taken when it is written, as everywhere in this process. */
  async allocate(size: number): Promise<void> {
    if (size > this.size()) this.truncate(size);
    await this.#pause();
  }

  size(): number {
    return this.#enter("reads").size;
  }

  /** Nobody else can let go while the caller waits in this thread: `timeoutMs` does not matter. */
  lock(kind: "shared" | "exclusive", _timeoutMs: number): void {
    const { lockHolders, lockKind } = this.#enter("reads");
    const others = lockHolders.size - (lockHolders.has(this) ? 1 : 0);
    if (others > 0 && (kind === "exclusive" || lockKind === "exclusive")) {
      const text = `Cannot lock ${this.path}: it is open elsewhere`;
      throw new DiskError("LOCKED", this.path, text);
    }
    lockHolders.add(this);
    this.#content.lockKind = kind;
  }

  async lockAsync(kind: "shared" | "exclusive"): Promise<void> {
    this.lock(kind, 0);
  }

  close(): void {
    this.#closed = true;
    this.#content.lockHolders.delete(this);
  }
}

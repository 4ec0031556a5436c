import { assert } from "@nodetcd/bytes";
import { type Entry, HardState, type WalSnapshot } from "@nodetcd/messages";
import { type DiskFile, DiskError, removeGradually, silentLogger } from "@nodetcd/runtime";
import type { EntryPlace, EntryPlaces } from "./entry-places.ts";
import { WalError } from "./errors.ts";
import { SEGMENT_BYTES, SLOW_SYNC_SECONDS } from "./limits.ts";
import { NextSegment } from "./next-segment.ts";
import type { WalOptions, WalRuntime } from "./options.ts";
import { entryBytesMax, type EntryRange, readEntries } from "./read-entries.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { listSegments, parseSegmentName, type Segment, segmentName } from "./segment.ts";

/** Where a log is continued; see `createWal` and `openWal`, which make one. */
export interface WalPosition {
  readonly directory: string;
  /** The segments that are still needed, the one that is written last. */
  readonly segments: readonly Segment[];
  /** The last of them, open for writing and locked. Taken over. */
  readonly file: DiskFile;
  /** Offset in that file after the last record. */
  readonly offset: number;
  /** Checksum after the last record. */
  readonly crc: number;
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  readonly lastIndex: number;
  /** Where entries can be read again. Taken over. */
  readonly places: EntryPlaces;
}

/**
 * The log of what raft must not forget, in etcd's format. One call of `append` or `appendSnapshot` at
 * a time. A failed write or sync leaves the file in a state that nobody knows, so it poisons the log:
 * every later call rejects with `FAILED`, and the process has to start again from what is on disk.
 */
export class Wal {
  readonly directory: string;
  readonly #runtime: WalRuntime;
  readonly #options: WalOptions;
  readonly #segmentBytes: number;
  readonly #next: NextSegment;
  readonly #buffer: RecordBuffer;
  readonly #metadata: Uint8Array;
  /** Holds the lock of the last segment: that file itself, or the same under the name it was prepared with. */
  #lockFile: DiskFile;
  #file: DiskFile;
  #offset: number;
  #segments: Segment[];
  readonly #places: EntryPlaces;
  /** Bytes that were written since the log was opened. */
  writtenBytes = 0;
  #hardState: HardState;
  #lastIndex: number;
  #cutting: Promise<void> | undefined;
  #purging: Promise<void> = Promise.resolve();
  /** The purge that is taking names, or the last one. */
  #naming: Promise<void> = Promise.resolve();
  #busy = false;
  /**
   * The file may hold bytes that no sync covers: those of a write without one, or what was found at
   * opening. A record is safe only when all before it are, so they are synced with the next that must be.
   */
  #unsynced = true;
  /** Up to here the file is safe, or as it was found. */
  #safeOffset: number;
  #closed = false;
  #failure: WalError | undefined;

  constructor(runtime: WalRuntime, position: WalPosition, options: WalOptions) {
    this.directory = position.directory;
    this.#runtime = runtime;
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#buffer = new RecordBuffer(position.crc);
    this.#metadata = position.metadata;
    this.#file = position.file;
    this.#lockFile = position.file;
    this.#offset = position.offset;
    this.#safeOffset = position.offset;
    this.#segments = [...position.segments];
    this.#hardState = position.hardState;
    this.#lastIndex = position.lastIndex;
    this.#places = position.places;
    this.#next = new NextSegment(runtime.disk, position.directory, this.#segmentBytes);
    this.#next.prepare();
  }

  /** What poisoned the log, if anything did. */
  get failure(): WalError | undefined {
    return this.#failure;
  }

  /**
   * Appends the entries, then the state. Resolves after fdatasync when there are entries or the term
   * or vote changed (raft's MustSync), else after the write: a commit index alone may be forgotten.
   * The entries are borrowed until then. Nothing happens without entries and with a state of zeros.
   * Rejects with `NO_SPACE`, `FAILED` or `CLOSED`; what was to be appended must then not be acknowledged.
   */
  append(hardState: HardState | undefined, entries: readonly Entry[]): Promise<void> {
    return this.#exclusively(async () => {
      const state = hardState !== undefined && !isZero(hardState) ? hardState : undefined;
      if (state === undefined && entries.length === 0) return;
      const previous = this.#hardState;
      const mustSync =
        entries.length > 0 ||
        (state !== undefined && (state.term !== previous.term || state.vote !== previous.vote));
      for (const entry of entries) {
        this.#notePlace(entry.index);
        this.#buffer.addEntry(entry);
        if (this.#buffer.full) await this.#write();
        this.#lastIndex = entry.index;
      }
      if (state !== undefined) {
        this.#buffer.addHardState(state);
        this.#hardState = { ...state };
      }
      await this.#finish(mustSync);
    });
  }

  #notePlace(index: number): void {
    const segment = this.#segments.at(-1)!;
    const offset = this.#offset + this.#buffer.length;
    this.#places.add({ index, segment, offset, crc: this.#buffer.crc });
  }

  /**
   * Reads back entries that were appended, also before the log was opened: `low` to `high - 1`, at least one, up to `maxBytes` if
   * it is not one alone: synchronously, from what was written last probably without the disk. Undefined when
   * they are not there: the log was purged, or they cannot be read. The bytes are the caller's.
   */
  readEntries(low: number, high: number, maxBytes: number): Entry[] | undefined {
    const entries: Entry[] = [];
    let bytesLeft = maxBytes;
    for (let at = low; at < high && (bytesLeft > 0 || at === low);) {
      const found = this.#places.find(at);
      const range = { low: at, high: Math.min(high, found?.next ?? 0), maxBytes: bytesLeft };
      const some = found === undefined ? [] : this.#readFrom(found.place, range);
      if (some.length === 0) break;
      for (const entry of some) {
        bytesLeft -= entryBytesMax(entry);
        if (bytesLeft >= 0 || entries.length === 0) entries.push(entry);
      }
      at += some.length;
    }
    return entries.length === 0 ? undefined : entries;
  }

  #readFrom(place: EntryPlace, range: EntryRange): Entry[] {
    const size = place.segment === this.#segments.at(-1) ? this.#offset : undefined;
    try {
      return readEntries(this.#runtime.disk, this.directory, place, size, range);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger?.warn("cannot read entries back from the WAL", { ...range, reason });
      return [];
    }
  }

  /**
   * Records that a snapshot of this index and term was saved. Resolves after fdatasync, of the record and of
   * all that was appended before. The log vouches for a snapshot (`readValidSnapshots`) once a HardState
   * with a commit index that covers it was appended: do that before `releaseTo`.
   */
  appendSnapshot(snapshot: WalSnapshot): Promise<void> {
    assert(
      snapshot.index === 0 || snapshot.confState !== undefined,
      "appendSnapshot: a snapshot record needs the members of its time",
    );
    return this.#exclusively(async () => {
      this.#buffer.addSnapshot(snapshot);
      if (snapshot.index > this.#lastIndex) this.#lastIndex = snapshot.index;
      await this.#finish(true);
    });
  }

  /**
   * Says that entries before `index` are not needed any more. Of the segments that begin before it
   * the newest is kept, because it may hold `index` itself: with segments from 1, 100 and 200,
   * `releaseTo(150)` gives up the one from 1.
   */
  releaseTo(index: number): void {
    const later = this.#segments.findIndex((segment) => segment.firstIndex >= index);
    const keptFrom = (later < 0 ? this.#segments.length : later) - 1;
    if (keptFrom > 0) this.#segments = this.#segments.slice(keptFrom);
  }

  /**
   * Removes the oldest segments that were released, as long as more than `keep` files remain. They
   * lose their names at once and their content bit by bit, in the background, once the loss of the
   * names is saved: a segment that came back with a part of its content would be a damaged log.
   * Resolves when the names are gone; purges wait for each other.
   */
  purge(keep: number): Promise<void> {
    this.#naming = this.#naming.catch(() => undefined).then(() => this.#giveUpNames(keep));
    return this.#naming;
  }

  async #giveUpNames(keep: number): Promise<void> {
    if (this.#closed) return;
    const { disk } = this.#runtime;
    const files = listSegments(disk, this.directory);
    const firstNeeded = this.#segments[0]?.sequence ?? 0;
    const surplus = files
      .slice(0, Math.max(0, files.length - keep))
      .filter((file) => file.sequence < firstNeeded)
      .map((file) => `${this.directory}/${file.name}`);
    if (surplus.length === 0) return;
    this.#places.forgetBefore(firstNeeded);
    for (const path of surplus) await disk.renameAsync(path, `${path}.tmp`);
    this.#purging = this.#purging.then(() =>
      this.#removePurged(surplus.map((path) => `${path}.tmp`)),
    );
  }

  /** What cannot be removed now, or is not before the log is closed, is removed when it is opened again. */
  async #removePurged(paths: readonly string[]): Promise<void> {
    const { clock, disk } = this.#runtime;
    try {
      await disk.syncDirectoryAsync(this.directory);
      for (const path of paths) await removeGradually(disk, clock, path, () => !this.#closed);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.logger?.warn("cannot remove a purged WAL segment", { paths, reason });
    }
  }

  /**
   * Waits for what is under way, syncs and closes. May be called twice. A segment that is not begun yet is
   * not begun any more: what was appended is on disk without it. Rejects when the sync fails.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const givenUp = this.#next.close();
    givenUp.catch(() => undefined);
    await this.#cutting?.catch(() => undefined);
    await this.#naming.catch(() => undefined);
    await this.#purging;
    try {
      if (this.#failure === undefined) await this.#sync(this.#file);
    } catch (error) {
      this.#cutBack();
      throw error;
    } finally {
      await givenUp;
      if (this.#file !== this.#lockFile) this.#file.close();
      this.#lockFile.close();
    }
  }

  /** Runs one change after the cut that may be under way; any failure of either poisons the log. */
  async #exclusively(change: () => Promise<void>): Promise<void> {
    if (this.#closed)
      throw new WalError("CLOSED", `The write-ahead log ${this.directory} is closed`);
    this.#refuseAfterFailure();
    assert(!this.#busy, "Wal: a call began before the one before it was settled");
    this.#busy = true;
    try {
      if (this.#cutting !== undefined) await this.#cutting;
      await change();
    } catch (error) {
      throw this.#poison(error);
    } finally {
      this.#busy = false;
    }
  }

  #refuseAfterFailure(): void {
    if (this.#failure === undefined) return;
    throw new WalError("FAILED", `The write-ahead log cannot be used: ${this.#failure.message}`, {
      cause: this.#failure,
    });
  }

  #poison(error: unknown): WalError {
    if (this.#failure !== undefined) return this.#failure;
    const cause = error instanceof Error ? error : new Error(String(error));
    const code = cause instanceof DiskError ? cause.code : undefined;
    // What another program has written to our file is not ours to remove.
    if (code !== "LOCKED") this.#cutBack();
    const full = code === "NO_SPACE";
    const advice = full ? "; free some space on that disk, then start again" : "";
    this.#failure = new WalError(
      full ? "NO_SPACE" : "FAILED",
      `Cannot append to the write-ahead log ${this.directory}: ${cause.message}${advice}`,
      { cause },
    );
    return this.#failure;
  }

  /**
   * After a failed sync the system shows what it could not save as if it had: the next process would
   * find it, build on it, and lose both. Nobody was told of it, so it goes, if that can be had.
   */
  #cutBack(): void {
    if (this.#options.noSync === true) return;
    try {
      this.#file.truncate(this.#safeOffset);
    } catch {
      // What led here matters more.
    }
  }

  async #finish(mustSync: boolean): Promise<void> {
    if (!mustSync || this.#options.noSync === true) await this.#write();
    else if (this.#unsynced) {
      await this.#write();
      await this.#sync(this.#file);
    } else await this.#writeSynced();
    if (this.#offset < this.#segmentBytes) return;
    // What was appended is safe already: only the next append has to wait for the new segment.
    // A failure is known before the next append is let through.
    const cutting = this.#cut().catch((error: unknown) => {
      throw this.#poison(error);
    });
    this.#cutting = cutting.finally(() => (this.#cutting = undefined));
    this.#cutting.catch(() => undefined);
  }

  async #write(): Promise<void> {
    const bytes = this.#buffer.view();
    const { clock } = this.#runtime;
    const start = clock.monotonic();
    this.#unsynced = true;
    await this.#file.writeAsync([bytes], this.#offset);
    this.#written(bytes.length, (clock.monotonic() - start) / 1000);
  }

  /** Write and sync in one trip to the disk: the way of nearly every append. */
  async #writeSynced(): Promise<void> {
    const bytes = this.#buffer.view();
    const { clock } = this.#runtime;
    const start = clock.monotonic();
    await this.#file.writeSynced([bytes], this.#offset);
    const seconds = (clock.monotonic() - start) / 1000;
    this.#written(bytes.length, seconds);
    this.#safeOffset = this.#offset;
    this.#synced(seconds);
  }

  async #sync(file: DiskFile): Promise<void> {
    if (this.#options.noSync === true) return;
    const { clock } = this.#runtime;
    const start = clock.monotonic();
    await file.syncAsync();
    if (file === this.#file) {
      this.#unsynced = false;
      this.#safeOffset = this.#offset;
    }
    this.#synced((clock.monotonic() - start) / 1000);
  }

  #written(bytes: number, seconds: number): void {
    this.#offset += bytes;
    this.writtenBytes += bytes;
    this.#buffer.reset();
    this.#options.onWrite?.(bytes, seconds);
  }

  #synced(seconds: number): void {
    this.#options.onSync?.(seconds);
    if (seconds > SLOW_SYNC_SECONDS) {
      (this.#options.logger ?? silentLogger).warn("slow fdatasync", {
        took: `${seconds.toFixed(3)}s`,
        "expected-duration": `${SLOW_SYNC_SECONDS}s`,
      });
    }
  }

  /**
   * Begins the next segment: the old one is shortened to what is used; the new one gets its head
   * (checksum so far, metadata, last state), is synced and only then gets its name.
   */
  async #cut(): Promise<void> {
    const { disk } = this.#runtime;
    const old = this.#file;
    // Whoever does not see our lock, an etcd, may have taken the log for its own since.
    await this.#lockFile.lockAsync("exclusive");
    await old.truncateAsync(this.#offset);
    await this.#sync(old);

    const prepared = await this.#next.take();
    this.#buffer.addChainStart();
    this.#buffer.addMetadata(this.#metadata);
    if (!isZero(this.#hardState)) this.#buffer.addHardState(this.#hardState);
    this.#file = prepared;
    this.#offset = 0;
    this.#safeOffset = 0;
    await this.#write();
    await this.#sync(prepared);

    const name = segmentName((this.#segments.at(-1)?.sequence ?? 0) + 1, this.#lastIndex + 1);
    const path = `${this.directory}/${name}`;
    await disk.renameAsync(prepared.path, path);
    // Before anything is acknowledged that this segment holds: without its name it would be lost.
    await disk.syncDirectoryAsync(this.directory);
    // Opened again so that messages name the file as it is called now.
    this.#file = await disk.openAsync(path, "write");
    const held = this.#lockFile;
    this.#lockFile = prepared;
    held.close();
    if (old !== held) old.close();
    const segment = parseSegmentName(name);
    assert(segment !== undefined, `Wal: ${name} is not the name of a segment`);
    this.#segments.push(segment);
    this.#options.logger?.info("created a new WAL segment", { path });
    if (!this.#closed) this.#next.prepare();
  }
}

function isZero(state: HardState): boolean {
  return state.term === 0 && state.vote === 0n && state.commit === 0;
}

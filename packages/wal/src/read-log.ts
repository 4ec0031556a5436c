import { equalBytes, WireError } from "@nodetcd/bytes";
import { Entry, HardState, WalSnapshot } from "@nodetcd/messages";
import type { Disk, DiskFile } from "@nodetcd/runtime";
import { EntryPlaces } from "./entry-places.ts";
import { corruptError, WalError } from "./errors.ts";
import { PLACES_APART_BYTES } from "./limits.ts";
import type { ReadRequest } from "./read-window.ts";
import { RecordType } from "./record.ts";
import { type ScanResult, scanSegment } from "./scan.ts";
import { listSegments, checkSequence, type Segment, segmentsFrom } from "./segment.ts";

/** What a log says, and where it may be continued. */
export interface LogContent {
  readonly segments: readonly Segment[];
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  /** From `from.index + 1` on, without gaps; those that a later leader overwrote are left out. */
  readonly entries: Entry[];
  /** Where they can be read again. */
  readonly places: EntryPlaces;
  /** Index of the last entry or snapshot record; 0 without one. */
  readonly lastIndex: number;
  /** How the last segment ends. */
  readonly tail: ScanResult;
}

/** Collects what the records of a log say; see `readLog`. */
class LogBuilder {
  readonly #from: WalSnapshot;
  metadata: Uint8Array | undefined;
  hardState: HardState = HardState.create();
  entries: Entry[] = [];
  readonly places: EntryPlaces = new EntryPlaces(PLACES_APART_BYTES);
  lastIndex = 0;
  snapshotFound = false;

  constructor(from: WalSnapshot) {
    this.#from = from;
  }

  add(type: number, data: Uint8Array, { path, segment, offset, crc }: RecordPlace): void {
    switch (type) {
      case RecordType.ENTRY: {
        const entry = Entry.decode(data);
        this.#addEntry(entry, path, offset);
        this.places.add({ index: entry.index, segment, offset, crc });
        return;
      }
      case RecordType.STATE:
        this.#setHardState(HardState.decode(data), path, offset);
        return;
      case RecordType.METADATA:
        this.#addMetadata(data, path);
        return;
      case RecordType.SNAPSHOT:
        this.#addSnapshot(WalSnapshot.decode(data), path);
        return;
      default:
        throw corruptError(path, offset, `there is no record type ${type}`);
    }
  }

  /** No checksum covers a record's type: this tells an entry that claims to be a state. */
  #setHardState(state: HardState, path: string, offset: number): void {
    if (state.term < this.hardState.term) {
      const terms = `${this.hardState.term} to ${state.term}`;
      throw corruptError(path, offset, `the term goes back from ${terms}`);
    }
    this.hardState = state;
  }

  /** An entry takes the place of the one with its index and of all that came after that one. */
  #addEntry(entry: Entry, path: string, offset: number): void {
    this.lastIndex = entry.index;
    const place = entry.index - this.#from.index - 1;
    if (place < 0) return;
    if (place > this.entries.length) {
      const expected = this.#from.index + this.entries.length + 1;
      throw corruptError(path, offset, `entry ${entry.index} follows where ${expected} should`);
    }
    this.entries.length = place;
    this.entries.push(entry);
  }

  #addMetadata(metadata: Uint8Array, path: string): void {
    if (this.metadata !== undefined && !equalBytes(this.metadata, metadata)) {
      throw new WalError(
        "METADATA_CONFLICT",
        `${path} belongs to another member or cluster than the segment before it. Nothing was changed`,
      );
    }
    this.metadata = metadata;
  }

  #addSnapshot(snapshot: WalSnapshot, path: string): void {
    if (snapshot.index > this.lastIndex) this.lastIndex = snapshot.index;
    if (snapshot.index !== this.#from.index) return;
    if (snapshot.term !== this.#from.term) {
      throw new WalError(
        "SNAPSHOT_MISMATCH",
        `${path} has a snapshot at index ${snapshot.index} of term ${snapshot.term}, ` +
          `but one of term ${this.#from.term} is to be opened`,
      );
    }
    this.snapshotFound = true;
  }
}

/**
 * Reads a log from the snapshot `from` on and changes nothing. `entries` and `metadata` are owned by
 * the caller. See `WalErrorCode` for how it refuses.
 */
export async function readLog(
  disk: Disk,
  directory: string,
  from: WalSnapshot,
): Promise<LogContent> {
  const segments = segmentsFrom(disk, directory, from.index);
  const builder = new LogBuilder(from);
  const scan = scanSegments(disk, directory, segments, (type, data, place) =>
    builder.add(type, data, place),
  );
  let step = scan.next();
  try {
    while (step.done !== true) {
      const { file, position, length } = step.value;
      const bytes = Buffer.allocUnsafeSlow(length);
      const count = await file.readAsync(bytes, position);
      step = scan.next(bytes.subarray(0, count));
    }
  } finally {
    scan.return(NO_RESULT);
  }
  if (!builder.snapshotFound) {
    throw new WalError(
      "SNAPSHOT_NOT_FOUND",
      `The write-ahead log ${directory} has no record of a snapshot at index ${from.index}`,
    );
  }
  return {
    segments,
    metadata: builder.metadata ?? new Uint8Array(0),
    hardState: builder.hardState,
    entries: builder.entries,
    places: builder.places,
    lastIndex: builder.lastIndex,
    tail: step.value,
  };
}

/**
 * The snapshot records whose index the last HardState has committed, oldest first: only those may be
 * started from. Reads the whole log synchronously (once, when a member starts); changes nothing.
 * A torn tail is no obstacle. Empty when there is no log.
 */
export function readValidSnapshots(disk: Disk, directory: string): WalSnapshot[] {
  const segments = listSegments(disk, directory);
  checkSequence(directory, segments);
  const snapshots: WalSnapshot[] = [];
  let commit = 0;
  const scan = scanSegments(disk, directory, segments, (type, data) => {
    if (type === RecordType.SNAPSHOT) snapshots.push(WalSnapshot.decode(data));
    else if (type === RecordType.STATE) ({ commit } = HardState.decode(data));
  });
  try {
    for (let step = scan.next(); step.done !== true;) {
      const { file, position, length } = step.value;
      const bytes = Buffer.allocUnsafeSlow(length);
      step = scan.next(bytes.subarray(0, file.read(bytes, position)));
    }
  } finally {
    scan.return(NO_RESULT);
  }
  return snapshots.filter((snapshot) => snapshot.index <= commit);
}

/** Where a record begins, in which file, and the checksum before it. */
interface RecordPlace {
  readonly path: string;
  readonly segment: Segment;
  readonly offset: number;
  readonly crc: number;
}

type Visit = (type: number, data: Uint8Array, place: RecordPlace) => void;

const NO_RESULT: ScanResult = { end: 0, crc: undefined, torn: false };

/** Scans segments one after the other; returns how the last one ends. */
function* scanSegments(
  disk: Disk,
  directory: string,
  segments: readonly Segment[],
  visit: Visit,
): Generator<ReadRequest & { file: DiskFile }, ScanResult, Uint8Array> {
  let result = NO_RESULT;
  for (const [i, segment] of segments.entries()) {
    const path = `${directory}/${segment.name}`;
    const file = disk.open(path, "read");
    try {
      const scan = scanSegment({
        path,
        size: file.size(),
        last: i === segments.length - 1,
        crc: result.crc,
        visit: (type, data, offset, crc) =>
          visitDecoded(visit, type, data, { path, segment, offset, crc }),
      });
      let step = scan.next();
      while (step.done !== true) step = scan.next(yield { file, ...step.value });
      result = step.value;
    } finally {
      file.close();
    }
  }
  return result;
}

function visitDecoded(visit: Visit, type: number, data: Uint8Array, place: RecordPlace): void {
  try {
    visit(type, data, place);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const { path, offset } = place;
    throw corruptError(path, offset, `its checksum is right, but ${error.message.toLowerCase()}`);
  }
}

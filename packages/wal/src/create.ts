import { HardState } from "@nodetcd/messages";
import { EntryPlaces } from "./entry-places.ts";
import { WalError } from "./errors.ts";
import { PLACES_APART_BYTES, SEGMENT_BYTES } from "./limits.ts";
import type { WalOptions, WalRuntime } from "./options.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { parentOf, segmentName, walExists } from "./segment.ts";
import { Wal } from "./write-ahead-log.ts";

/**
 * Makes a new log whose segments all carry `metadata` (owned by the log from now on). It is
 * built in `<directory>.tmp` and renamed, so that it exists whole or not at all. An empty directory
 * may be there already; anything else raises `ALREADY_EXISTS`.
 */
export async function createWal(
  runtime: WalRuntime,
  directory: string,
  metadata: Uint8Array,
  options: WalOptions = {},
): Promise<Wal> {
  const { disk } = runtime;
  refuseExisting(runtime, directory);
  const building = `${directory}.tmp`;
  disk.removeTree(building);
  disk.makeDirectory(building);

  const name = segmentName(0, 0);
  const records = new RecordBuffer(0);
  records.addChainStart();
  records.addMetadata(metadata);
  records.addSnapshot({ index: 0, term: 0, confState: undefined });
  const first = disk.open(`${building}/${name}`, "create-new");
  try {
    await first.allocate(options.segmentBytes ?? SEGMENT_BYTES);
    await first.writeAsync([records.view()], 0);
    await first.syncAsync();
  } finally {
    first.close();
  }
  disk.syncDirectory(building);
  disk.removeTree(directory);
  disk.rename(building, directory);
  disk.syncDirectory(parentOf(directory));

  const file = disk.open(`${directory}/${name}`, "write");
  file.lock("exclusive", 0);
  const position = {
    directory,
    segments: [{ name, sequence: 0, firstIndex: 0 }],
    file,
    offset: records.length,
    crc: records.crc,
    metadata,
    hardState: HardState.create(),
    lastIndex: 0,
    places: new EntryPlaces(PLACES_APART_BYTES),
  };
  return new Wal(runtime, position, options);
}

function refuseExisting({ disk }: WalRuntime, directory: string): void {
  if (!disk.exists(directory) || disk.list(directory).length === 0) return;
  const what = walExists(disk, directory) ? "it holds one" : "it holds other files";
  throw new WalError(
    "ALREADY_EXISTS",
    `Cannot create a write-ahead log in ${directory}: ${what} already`,
  );
}

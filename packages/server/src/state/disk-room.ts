import type { Clock, Disk, Logger, Timer } from "@nodetcd/runtime";
import { DISK_LOOK_MS, DISK_LOOK_OFTEN_MS, DISK_RESERVE_BYTES } from "../limits.ts";

export interface DiskRoomOptions {
  readonly clock: Clock;
  readonly disk: Pick<Disk, "freeBytes">;
  readonly logger: Logger;
  /** Folders on the file systems that count: of the database and of the log. */
  readonly folders: readonly string[];
}

/**
 * What the file systems of a member have left, looked at every second, and ten times as often when it is not much. Unlimited where
 * the disk does not tell.
 */
export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #free = Infinity;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** Bytes, as of the last look. */
  get free(): number {
    return this.#free;
  }

  start(): void {
    if (this.#options.disk.freeBytes !== undefined) void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { disk, folders, logger, clock } = this.#options;
    const before = this.#free;
    try {
      this.#free = Math.min(...(await Promise.all(folders.map((one) => disk.freeBytes!(one)))));
      this.#tell(before);
    } catch (error) {
      logger.debug("cannot see how full the disk is", { error: String(error) });
    }
    if (this.#stopped) return;
    const often = this.#free < 8 * DISK_RESERVE_BYTES;
    const pause = often ? DISK_LOOK_OFTEN_MS : DISK_LOOK_MS;
    this.#timer = clock.setTimer(pause, () => void this.#look());
  }

  #tell(before: number): void {
    const isFull = this.#free < DISK_RESERVE_BYTES;
    if (isFull === before < DISK_RESERVE_BYTES) return;
    const fields = { "free-bytes": this.#free, "reserved-bytes": DISK_RESERVE_BYTES };
    const { logger } = this.#options;
    if (isFull) logger.warn("the disk is full but for what upkeep needs; taking no writes", fields);
    else logger.info("the disk has room again", fields);
  }
}

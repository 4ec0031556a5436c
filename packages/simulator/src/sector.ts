/** The longest piece that a disk writes whole or not at all, in bytes. */
export const SECTOR_BYTES = 512;

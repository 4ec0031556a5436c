/** One sentence for each code; those that bbolt knows say what bbolt says. */
const TEXTS = {
  DATABASE_NOT_OPEN: "database not open",
  DATABASE_READ_ONLY: "database is in read-only mode",
  INVALID: "invalid database",
  VERSION_MISMATCH: "version mismatch",
  CHECKSUM: "checksum error",
  WRONG_BYTE_ORDER: "invalid database: written on a machine of the other byte order",
  PAGE_SIZE: "page size must be a power of two from 1 KiB to 16 MiB",
  TIMEOUT: "timeout",
  CORRUPT: "corrupt database",
  POISONED: "an earlier sync failed, so what is on disk is not known: open the database again",
  MAX_SIZE_REACHED: "database reached maximum size",
  CHECK_FAILED: "check fail",
  TX_NOT_WRITABLE: "tx not writable",
  TX_CLOSED: "tx closed",
  TX_MANAGED: "a managed tx is committed or rolled back by its owner",
  WRITER_BUSY: "another writable tx is open",
  BUCKET_NOT_FOUND: "bucket not found",
  BUCKET_EXISTS: "bucket already exists",
  BUCKET_NAME_REQUIRED: "bucket name required",
  NESTED_TOO_DEEP: "buckets are nested too deep",
  KEY_REQUIRED: "key required",
  KEY_TOO_LARGE: "key too large",
  VALUE_TOO_LARGE: "value too large",
  INCOMPATIBLE_VALUE: "incompatible value",
  SAME_BUCKETS: "the source and target are the same bucket",
  DIFFERENT_DATABASE: "the source and target buckets are in different database files",
  NO_CURRENT_ENTRY: "the cursor is not on an entry",
  PAGE_TYPE: "wrong type of page",
  ELEMENT_RANGE: "no such element",
  SEQUENCE_RANGE: "sequence is not a safe integer",
} as const;

export type BoltErrorCode = keyof typeof TEXTS;

/** Every failure of this package that is not the disk's own (`DiskError`). Branch on `code`. */
export class BoltError extends Error {
  override readonly name = "BoltError";
  readonly code: BoltErrorCode;

  /** @param detail what exactly, appended to the code's sentence */
  constructor(code: BoltErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail === undefined ? TEXTS[code] : `${TEXTS[code]}: ${detail}`, options);
    this.code = code;
  }
}

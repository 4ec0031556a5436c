/** The bucket that all keys lie in. */
export const BENCH_BUCKET: Uint8Array = Buffer.from("bench");

/** A key to look up again; of a nested bucket when `bucket` is there. */
export interface BenchKey {
  readonly bucket: Uint8Array | undefined;
  readonly key: Uint8Array;
}

export { assert, InvariantError } from "./assert.ts";
export { compareBytes, concatBytes, equalBytes, prefixEnd, startsWith } from "./compare.ts";
export { crc32c } from "./crc32c.ts";
export { fnv1a64 } from "./fnv.ts";
export { MonotonicMap } from "./monotonic-map.ts";
export { Slab } from "./slab.ts";
export { varint64Size, varintSize, writeVarint, writeVarint64 } from "./varint.ts";
export { WireError, WireReader } from "./wire-reader.ts";
export { WireWriter } from "./wire-writer.ts";

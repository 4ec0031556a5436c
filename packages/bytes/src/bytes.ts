export { assert, InvariantError } from "./assert.ts";
export { compareBytes, concatBytes, equalBytes, prefixEnd, startsWith } from "./compare.ts";
export { crc32c } from "./crc32c.ts";
export { fnv1a64 } from "./fnv.ts";
export { RisingMap } from "./rising-map.ts";
export { WireError, WireReader } from "./wire-reader.ts";
export { varintSize, WireWriter } from "./wire-writer.ts";

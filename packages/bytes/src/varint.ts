const TWO_32 = 0x1_0000_0000;

/** Number of bytes of the varint of a non-negative safe integer. */
export function varintSize(value: number): number {
  let size = 1;
  for (; value >= 0x80; size++) value = value >= TWO_32 ? Math.floor(value / 128) : value >>> 7;
  return size;
}

/** Writes the varint of a non-negative safe integer; returns the offset after it. */
export function writeVarint(into: Uint8Array, offset: number, value: number): number {
  while (value >= TWO_32) {
    into[offset++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  while (value >= 0x80) {
    into[offset++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  into[offset++] = value;
  return offset;
}

/** Writes the varint of `high * 2^32 + low`, both unsigned 32-bit; returns the offset after it. */
export function writeVarint64(into: Uint8Array, offset: number, high: number, low: number): number {
  while (high !== 0 || low >= 0x80) {
    into[offset++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  into[offset++] = low;
  return offset;
}

/** Number of bytes that `writeVarint64` writes. */
export function varint64Size(high: number, low: number): number {
  if (high === 0) return low < 0x80 ? 1 : Math.ceil((32 - Math.clz32(low)) / 7);
  return Math.ceil((64 - Math.clz32(high)) / 7);
}

/** Protobuf by hand: what no codec would write. */

/** A field number and a value: a number is a varint (negative ones as int64), text is bytes. */
export type Field = readonly [number: number, value: bigint | number | string | Uint8Array];

/** A message of these fields, in this order. */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.map(([number, value]) => field(number, value)));
}

function field(number: number, value: Field[1]): Uint8Array {
  if (typeof value === "bigint" || typeof value === "number") {
    return Buffer.concat([varint(BigInt(number) << 3n), varint(BigInt(value))]);
  }
  const content = Buffer.from(value);
  return Buffer.concat([
    varint((BigInt(number) << 3n) | 2n),
    varint(BigInt(content.length)),
    content,
  ]);
}

export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

export function hex(digits: string): Uint8Array {
  return Buffer.from(digits, "hex");
}

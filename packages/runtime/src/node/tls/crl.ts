/** Reading of revocation lists (RFC 5280 section 5.1) as far as etcd looks: serial numbers. */

const SEQUENCE = 0x30;
const INTEGER = 0x02;

interface Value {
  readonly tag: number;
  /** Contents, borrowed. */
  readonly bytes: Uint8Array;
}

const malformed = (): Error => new Error("x509: malformed crl");

/** The values of DER that lie one after the other. */
function* values(bytes: Uint8Array): Generator<Value> {
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++]!;
    let length = bytes[at++] ?? NaN;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 4) throw malformed();
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at++] ?? NaN);
    }
    const end = at + length;
    if (!(end <= bytes.length)) throw malformed();
    yield { tag, bytes: bytes.subarray(at, end) };
    at = end;
  }
}

function sequence(value: Value | undefined): Value[] {
  if (value?.tag !== SEQUENCE) throw malformed();
  return [...values(value.bytes)];
}

/** A serial number as X509Certificate.serialNumber has it, without zeros in front. */
function serialText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/^0+(?=.)/, "");
}

/**
 * Serial numbers, in lower-case hexadecimal digits, of a list in DER: of the sequence
 *
 *     [version], algorithm, issuer, thisUpdate, [nextUpdate], [revoked: (serial, date, ...)*], ...
 *
 * that is its first value. Fails with `x509: malformed crl`; also for PEM, as etcd does.
 */
export function revokedSerials(der: Uint8Array): Set<string> {
  const [list, ...others] = values(der);
  if (others.length > 0) throw malformed();
  const parts = sequence(sequence(list)[0]);
  const version = parts[0]?.tag === INTEGER ? 1 : 0;
  if (parts[version]?.tag !== SEQUENCE || parts[version + 1]?.tag !== SEQUENCE) throw malformed();
  const revoked = parts.slice(version + 2).find(({ tag }) => tag === SEQUENCE);
  const entries = revoked === undefined ? [] : sequence(revoked);
  return new Set(
    entries.map((entry) => {
      const [serial] = sequence(entry);
      if (serial?.tag !== INTEGER) throw malformed();
      return serialText(serial.bytes);
    }),
  );
}

/** What each entry counts beyond its name and value (RFC 7541 section 4.1). */
const ENTRY_OVERHEAD_BYTES = 32;

/** One header field; strings hold one byte a character (latin1). */
export class HeaderEntry {
  readonly name: string;
  readonly value: string;
  readonly size: number;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
    this.size = name.length + value.length + ENTRY_OVERHEAD_BYTES;
  }
}

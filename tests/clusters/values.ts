/** Values that never repeat and carry their own length, so that a short name such as `v17:100` stands for each. */

export function valueBytes(name: string): Uint8Array {
  const bytes = Number(name.slice(name.indexOf(":") + 1));
  return Buffer.from(`${name} `.padEnd(bytes, name));
}

/** The name of a value; "damaged" when it is not whole. */
export function valueName(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  const [name = ""] = text.split(" ", 1);
  return text === Buffer.from(valueBytes(name)).toString() ? name : `damaged ${name.slice(0, 20)}`;
}

/** What a value looks like, so that it is shown in the form that says most. */
export type ValueKind =
  | { readonly kind: "empty" }
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly type: string }
  /** An object of Kubernetes behind its protobuf marker. */
  | { readonly kind: "kubernetes" }
  | { readonly kind: "cbor" }
  /** Encrypted by a Kubernetes API server; `provider` such as `aescbc:v1:key1`. */
  | { readonly kind: "encrypted"; readonly provider: string }
  | { readonly kind: "binary" };

const IMAGES: readonly (readonly [string, readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]],
];
const PROTOBUF = [0x6b, 0x38, 0x73, 0];
const CBOR = [0xd9, 0xd9, 0xf7];

function begins(bytes: Uint8Array, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((byte, at) => bytes[at] === byte);
}

/** UTF-8 text without controls that do not belong into text; undefined for other bytes. */
export function textOfValue(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

export function valueKind(bytes: Uint8Array): ValueKind {
  if (bytes.length === 0) return { kind: "empty" };
  if (begins(bytes, PROTOBUF)) return { kind: "kubernetes" };
  if (begins(bytes, CBOR)) return { kind: "cbor" };
  const image = IMAGES.find(([, start]) => begins(bytes, start));
  if (image !== undefined) return { kind: "image", type: image[0] };
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  const encrypted = /^k8s:enc:([\w-]+:v\d+:[^:]*):/.exec(head);
  if (encrypted !== null) return { kind: "encrypted", provider: encrypted[1]! };
  const text = textOfValue(bytes);
  if (text === undefined) return { kind: "binary" };
  if (/^\s*[[{]/.test(text)) {
    try {
      JSON.parse(text);
      return { kind: "json", text };
    } catch {
      // It only looks like JSON.
    }
  }
  return { kind: "text", text };
}

/** Words for the kind, beside the size. */
export function kindText(value: ValueKind): string {
  switch (value.kind) {
    case "json":
      return "JSON";
    case "text":
      return "text";
    case "image":
      return value.type;
    case "kubernetes":
      return "Kubernetes, protobuf";
    case "cbor":
      return "Kubernetes, CBOR";
    case "encrypted":
      return "encrypted by Kubernetes";
    case "empty":
      return "empty";
    case "binary":
      return "binary";
  }
}

/**
 * JSON on lines of its own, two spaces a level. Tokens stay as they are, so numbers of 64 bits keep
 * all their digits. The text must be JSON.
 */
export function indentJson(text: string): string {
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  let out = "";
  let depth = 0;
  let before = "";
  const line = (): string => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(tokens)) {
    if (token === "}" || token === "]") {
      depth--;
      out += before === "{" || before === "[" ? token : line() + token;
    } else {
      if (before === "{" || before === "[" || before === ",") out += line();
      out += token === ":" ? ": " : token;
      if (token === "{" || token === "[") depth++;
    }
    before = token;
  }
  return out;
}

/** Lines of 16 bytes: offset, hexadecimal, what is printable. */
export function hexLines(bytes: Uint8Array, maxLines: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length && lines.length < maxLines; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·",
    );
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${text.join("")}`);
  }
  return lines;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fromBase64,
  keyText,
  parseKeyText,
  toBase64,
  toBase64Url,
} from "@nodetcd/console/contract";

test("keyText and parseKeyText: every key comes back as it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(parseKeyText(keyText(bytes))).toEqual(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(parseKeyText(keyText(bytes))).toEqual(bytes);
    }),
  );
});

test("keyText: controls, bytes and marks of direction are escaped, text is not", () => {
  const text = (value: string): string => keyText(new TextEncoder().encode(value));
  expect(text("/a/bé/日本")).toBe("/a/bé/日本");
  expect(text("a\u0000b\n")).toBe("a\\x00b\\n");
  expect(text("\u202eevil\u0085")).toBe("\\u202eevil\\u0085");
  expect(text("back\\slash")).toBe("back\\\\slash");
  expect(keyText(Uint8Array.of(0x61, 0xff, 0x5c))).toBe("a\\xff\\x5c");
});

test("base64: both alphabets are read, padding or not, nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      expect(fromBase64(toBase64Url(bytes))).toEqual(bytes);
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
    }),
  );
  expect(() => fromBase64("a b")).toThrow(SyntaxError);
});

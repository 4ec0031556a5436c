import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeDigests } from "@nodetcd/runtime/node";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("sha256 gives the sums of FIPS 180-4's examples", () => {
  const empty = nodeDigests.sha256();
  expect(hex(empty.finish())).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  const abc = nodeDigests.sha256();
  abc.update(Buffer.from("abc"));
  expect(hex(abc.finish())).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("sha256 does not depend on the pieces, nor on what becomes of them", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (pieces) => {
      const whole = nodeDigests.sha256();
      whole.update(Buffer.concat(pieces));
      const parts = nodeDigests.sha256();
      for (const piece of pieces) {
        parts.update(piece);
        piece.fill(0);
      }
      expect(hex(parts.finish())).toBe(hex(whole.finish()));
    }),
  );
});

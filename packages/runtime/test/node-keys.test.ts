import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { nodeKeys } from "../src/node/node.ts";

const rsa = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const ec = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "sec1", format: "pem" },
});

test("nodeKeys: reads both halves, and knows which belong together", () => {
  const privateKey = nodeKeys.readPrivateKey(Buffer.from(rsa.privateKey));
  const publicKey = nodeKeys.readPublicKey(Buffer.from(rsa.publicKey));
  const other = nodeKeys.readPublicKey(Buffer.from(ec.publicKey));
  expect([privateKey, publicKey, other].map((key) => nodeKeys.kindOf(key))).toEqual([
    "rsa",
    "rsa",
    "ec",
  ]);
  const derived = nodeKeys.publicKeyOf(privateKey);
  expect(nodeKeys.areEqual(derived, publicKey)).toBe(true);
  expect(nodeKeys.areEqual(derived, other)).toBe(false);
  expect(nodeKeys.kindOf(nodeKeys.readPrivateKey(Buffer.from(ec.privateKey)))).toBe("ec");
});

test("nodeKeys: what is no key, or the other half, is an Error", () => {
  expect(() => nodeKeys.readPrivateKey(Buffer.from("junk"))).toThrow(Error);
  expect(() => nodeKeys.readPublicKey(Buffer.from("junk"))).toThrow(Error);
  expect(() => nodeKeys.readPublicKey(Buffer.from(rsa.privateKey))).toThrow(
    "a public key is needed",
  );
  expect(() => nodeKeys.kindOf({ type: "public" })).toThrow(TypeError);
});

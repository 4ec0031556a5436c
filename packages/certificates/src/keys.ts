import { createPrivateKey, createPublicKey, KeyObject, webcrypto } from "node:crypto";
import { CertificateError } from "./errors.ts";

/** What keys can be made. P-256 is quick and known everywhere; the others are for rules that ask for them. */
export const KEY_KINDS = [
  "ecdsa-p256",
  "ecdsa-p384",
  "ecdsa-p521",
  "ed25519",
  "rsa-2048",
  "rsa-3072",
  "rsa-4096",
] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

type Algorithm = webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams | { name: "Ed25519" };

const HASHES: Readonly<Record<string, string>> = {
  "P-256": "SHA-256",
  "P-384": "SHA-384",
  "P-521": "SHA-512",
};

/** Algorithm to make and to sign with, as WebCrypto wants it. */
function algorithmOf(kind: KeyKind): Algorithm & { hash?: string } {
  if (kind === "ed25519") return { name: "Ed25519" };
  const [family, size = ""] = kind.split("-");
  if (family === "rsa") {
    const publicExponent = Uint8Array.of(1, 0, 1);
    const modulusLength = Number(size);
    return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent, modulusLength };
  }
  const namedCurve = `P-${size.slice(1)}`;
  return { name: "ECDSA", namedCurve, hash: HASHES[namedCurve]! };
}

/** A pair of keys, and how they sign. */
export interface Keys {
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  readonly signing: { name: string; hash?: string };
}

export async function makeKeys(kind: KeyKind): Promise<Keys> {
  if (!KEY_KINDS.includes(kind)) {
    throw new CertificateError(
      "BAD_ARGUMENT",
      `unknown kind of key "${kind}"; known are ${KEY_KINDS.join(", ")}`,
    );
  }
  const algorithm = algorithmOf(kind);
  const made = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const { privateKey, publicKey } = made as webcrypto.CryptoKeyPair;
  return { privateKey, publicKey, signing: algorithm };
}

const CURVES: Readonly<Record<string, KeyKind>> = {
  prime256v1: "ecdsa-p256",
  secp384r1: "ecdsa-p384",
  secp521r1: "ecdsa-p521",
};

/** The kind of a key that can sign. Raises `BAD_AUTHORITY` for others. */
export function kindOf(key: KeyObject): KeyKind {
  const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ed25519") return "ed25519";
  if (key.asymmetricKeyType === "rsa") {
    return modulusLength > 3072 ? "rsa-4096" : modulusLength > 2048 ? "rsa-3072" : "rsa-2048";
  }
  const kind = CURVES[namedCurve];
  if (kind !== undefined) return kind;
  const what = `${key.asymmetricKeyType} ${namedCurve}`.trim();
  throw new CertificateError("BAD_AUTHORITY", `cannot sign with a key of the kind ${what}`);
}

/** Takes up a private key in PEM, of whatever form, together with its public half. */
export async function readKeys(pem: string): Promise<Keys> {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(
      "BAD_AUTHORITY",
      "the key is no private key in PEM without a password",
      { cause },
    );
  }
  const algorithm = algorithmOf(kindOf(key));
  const { subtle } = webcrypto;
  const secret = key.export({ type: "pkcs8", format: "der" });
  const open = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    privateKey: await subtle.importKey("pkcs8", secret, algorithm, true, ["sign"]),
    publicKey: await subtle.importKey("spki", open, algorithm, true, ["verify"]),
    signing: algorithm,
  };
}

/** The private key in PEM: PKCS #8, which every program takes (Java no other), or `EC PRIVATE KEY` for curves. */
export function keyPem({ privateKey }: Keys, type: "pkcs8" | "sec1" = "pkcs8"): string {
  return KeyObject.from(privateKey).export({ type, format: "pem" }).toString();
}

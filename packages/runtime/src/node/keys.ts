import { createPrivateKey, createPublicKey, KeyObject } from "node:crypto";
import type { AsymmetricKey, Keys } from "../keys.ts";

function keyObject(key: AsymmetricKey): KeyObject {
  if (key instanceof KeyObject) return key;
  throw new TypeError("a key is needed that these Keys have read");
}

export const nodeKeys: Keys = {
  readPrivateKey: (pem) => createPrivateKey(Buffer.from(pem)),
  // Of a private key Node would take the public half.
  readPublicKey(pem) {
    const text = Buffer.from(pem);
    if (text.includes("PRIVATE KEY"))
      throw new Error("a public key is needed, this is a private one");
    return createPublicKey(text);
  },
  publicKeyOf: (privateKey) => createPublicKey(keyObject(privateKey)),
  areEqual(a, b) {
    const [one, other] = [keyObject(a), keyObject(b)];
    // Of two kinds, Node leaves an error of OpenSSL behind, that the next key would fail with.
    return one.asymmetricKeyType === other.asymmetricKeyType && one.equals(other);
  },
  kindOf: (key) => keyObject(key).asymmetricKeyType ?? key.type,
};

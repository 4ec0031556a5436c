/** An asymmetric key, given on to whoever signs or verifies with it; its bytes stay inside. */
export interface AsymmetricKey {
  readonly type: "private" | "public" | "secret";
}

/** Reads keys. A pure function of its input, but the code for it comes from the platform. */
export interface Keys {
  /** PKCS#8, PKCS#1 or SEC1 in PEM. Raises an `Error` that says what is wrong. */
  readPrivateKey(pem: Uint8Array): AsymmetricKey;
  /** PKIX, PKCS#1 or a certificate in PEM. Raises an `Error` that says what is wrong. */
  readPublicKey(pem: Uint8Array): AsymmetricKey;
  /** The public half of a private key. */
  publicKeyOf(privateKey: AsymmetricKey): AsymmetricKey;
  areEqual(a: AsymmetricKey, b: AsymmetricKey): boolean;
  /** `rsa`, `ec`, `ed25519` and so on. */
  kindOf(key: AsymmetricKey): string;
}

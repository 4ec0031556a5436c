import "./setup.ts";
import * as x509 from "@peculiar/x509";
import { CertificateError } from "./errors.ts";
import { type KeyKind, keyPem, type Keys, makeKeys, readKeys } from "./keys.ts";
import {
  certificatePem,
  type KeyPairPem,
  newSerial,
  period,
  subject,
  type Validity,
} from "./pem.ts";

export interface AuthorityOptions {
  /** Name of the authority, for people. */
  readonly commonName: string;
  readonly validity: Validity;
  /** Default `ecdsa-p256`. */
  readonly keyKind?: KeyKind;
}

async function selfSigned(
  name: x509.JsonName,
  keys: Keys,
  validity: Validity,
): Promise<x509.X509Certificate> {
  const { KeyUsageFlags: usage } = x509;
  return await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name,
    ...period(validity),
    keys,
    signingAlgorithm: keys.signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(usage.keyCertSign | usage.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

/** Makes an authority: whoever has its key can make certificates that all who trust it take. */
export async function makeAuthority(options: AuthorityOptions): Promise<KeyPairPem> {
  const { commonName, validity, keyKind = "ecdsa-p256" } = options;
  const keys = await makeKeys(keyKind);
  const certificate = await selfSigned(subject(commonName), keys, validity);
  return { cert: certificatePem(certificate), key: keyPem(keys) };
}

/** An authority ready to sign. */
export interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: Keys;
}

export async function readAuthority({ cert, key }: KeyPairPem): Promise<Authority> {
  let certificate: x509.X509Certificate;
  try {
    certificate = new x509.X509Certificate(cert);
  } catch (cause) {
    throw new CertificateError(
      "BAD_AUTHORITY",
      "what should be the authority is no certificate in PEM",
      { cause },
    );
  }
  if (certificate.getExtension(x509.BasicConstraintsExtension)?.ca !== true) {
    throw new CertificateError(
      "BAD_AUTHORITY",
      `${certificate.subject} is not an authority: it may sign no certificates`,
    );
  }
  const keys = await readKeys(key);
  const own = Buffer.from(certificate.publicKey.rawData);
  const other = Buffer.from((await x509.PublicKey.create(keys.publicKey)).rawData);
  if (own.equals(other)) return { certificate, keys };
  throw new CertificateError("BAD_AUTHORITY", `the key is not that of ${certificate.subject}`);
}

/** The same authority for longer: same name, same key, so what it has signed stays good. */
export async function renewAuthority(
  authority: KeyPairPem,
  validity: Validity,
): Promise<KeyPairPem> {
  const { certificate, keys } = await readAuthority(authority);
  const renewed = await selfSigned(certificate.subjectName.toJSON(), keys, validity);
  return { cert: certificatePem(renewed), key: authority.key };
}

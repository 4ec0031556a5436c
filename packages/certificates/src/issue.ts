import "./setup.ts";
import * as x509 from "@peculiar/x509";
import { readAuthority } from "./authority.ts";
import { hostsExtension } from "./hosts.ts";
import { type KeyKind, keyPem, makeKeys } from "./keys.ts";
import {
  certificatePem,
  type KeyPairPem,
  newSerial,
  period,
  subject,
  type Validity,
} from "./pem.ts";

export interface IssueOptions {
  /** For a client's certificate the name of its user. */
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Names and addresses under which a server is reached. */
  readonly hosts: readonly string[];
  /** What it is shown as: members show theirs as both. */
  readonly usages: readonly ("server" | "client")[];
  readonly validity: Validity;
  /** Default `ecdsa-p256`. */
  readonly keyKind?: KeyKind;
}

/** Makes a certificate that is signed by `authority`, with a new key. */
export async function issue(authority: KeyPairPem, options: IssueOptions): Promise<KeyPairPem> {
  const { commonName, organizations = [], hosts, usages, keyKind = "ecdsa-p256" } = options;
  const issuer = await readAuthority(authority);
  const names = hostsExtension(hosts);
  const keys = await makeKeys(keyKind);
  const { ExtendedKeyUsage: purposes, KeyUsageFlags: flags } = x509;
  const isRsa = keyKind.startsWith("rsa");
  const extensions = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(flags.digitalSignature | (isRsa ? flags.keyEncipherment : 0), true),
    new x509.ExtendedKeyUsageExtension(
      usages.map((usage) => (usage === "server" ? purposes.serverAuth : purposes.clientAuth)),
    ),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ...(names === undefined ? [] : [names]),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: subject(commonName, organizations),
    issuer: issuer.certificate.subjectName.toJSON(),
    ...period(options.validity),
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: issuer.keys.signing,
    extensions,
  });
  return { cert: certificatePem(certificate), key: keyPem(keys) };
}

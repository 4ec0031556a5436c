import "./setup.ts";
import * as x509 from "@peculiar/x509";
import { hostsExtension } from "./hosts.ts";
import { keyPem, makeKeys } from "./keys.ts";
import {
  certificatePem,
  type KeyPairPem,
  newSerial,
  period,
  subject,
  type Validity,
} from "./pem.ts";

export interface SelfSignedOptions {
  /** Names and addresses under which the server listens. */
  readonly hosts: readonly string[];
  readonly validity: Validity;
}

/**
 * The certificate that etcd makes for `--auto-tls`, field by field: P-521, organization `etcd`, its own
 * authority. It encrypts; who takes it does not know with whom it speaks.
 */
export async function makeSelfSigned(options: SelfSignedOptions): Promise<KeyPairPem> {
  const names = hostsExtension(options.hosts);
  const keys = await makeKeys("ecdsa-p521");
  const { ExtendedKeyUsage: purposes, KeyUsageFlags: usage } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: subject("", ["etcd"]),
    ...period(options.validity),
    keys,
    signingAlgorithm: keys.signing,
    extensions: [
      new x509.KeyUsagesExtension(
        usage.digitalSignature | usage.keyEncipherment | usage.cRLSign,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([purposes.serverAuth]),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(names === undefined ? [] : [names]),
    ],
  });
  return { cert: certificatePem(certificate), key: keyPem(keys, "sec1") };
}

import "./setup.ts";
import * as x509 from "@peculiar/x509";
import { readAuthority } from "./authority.ts";
import { type KeyPairPem, period, type Validity } from "./pem.ts";

export interface RevocationListOptions {
  /** Certificates in PEM that are good no more. */
  readonly certificates: readonly string[];
  /** Its end is when the next list should be there. */
  readonly validity: Validity;
}

/** A revocation list in DER, as `--client-crl-file` takes it. */
export async function revocationList(
  authority: KeyPairPem,
  { certificates, validity }: RevocationListOptions,
): Promise<Uint8Array> {
  const issuer = await readAuthority(authority);
  const { notBefore, notAfter } = period(validity);
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subjectName.toJSON(),
    thisUpdate: notBefore,
    nextUpdate: notAfter,
    signingAlgorithm: issuer.keys.signing,
    signingKey: issuer.keys.privateKey,
    entries: certificates.map((pem) => ({
      serialNumber: new x509.X509Certificate(pem).serialNumber,
      revocationDate: notBefore,
    })),
  });
  return new Uint8Array(list.rawData);
}

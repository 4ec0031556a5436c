import "./setup.ts";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { CertificateError } from "./errors.ts";
import type { IssueOptions } from "./issue.ts";
import { type KeyKind, kindOf } from "./keys.ts";

/** What a certificate says, as `issue` would be told it. */
export interface CertificateFacts extends Omit<IssueOptions, "validity"> {
  readonly keyKind: KeyKind;
  readonly isAuthority: boolean;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** In hexadecimal digits. */
  readonly serial: string;
}

/** Reads the first certificate of a PEM text. Raises `BAD_ARGUMENT`. */
export function readCertificate(pem: string): CertificateFacts {
  let certificate: x509.X509Certificate;
  try {
    certificate = new x509.X509Certificate(pem);
  } catch (cause) {
    throw new CertificateError("BAD_ARGUMENT", "this is no certificate in PEM", { cause });
  }
  const { subjectName } = certificate;
  const names =
    certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const purposes: readonly unknown[] =
    certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [];
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  return {
    commonName: subjectName.getField("CN").at(-1) ?? "",
    organizations: subjectName.getField("O"),
    hosts: names.filter(({ type }) => type === "dns" || type === "ip").map(({ value }) => value),
    usages: [
      ...(purposes.includes(serverAuth) ? (["server"] as const) : []),
      ...(purposes.includes(clientAuth) ? (["client"] as const) : []),
    ],
    keyKind: kindOf(new X509Certificate(pem).publicKey),
    isAuthority: certificate.getExtension(x509.BasicConstraintsExtension)?.ca === true,
    notAfter: certificate.notAfter.getTime(),
    serial: certificate.serialNumber,
  };
}

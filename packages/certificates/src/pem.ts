import { randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { CertificateError } from "./errors.ts";

/** A certificate and its private key, as files have them. */
export interface KeyPairPem {
  readonly cert: string;
  /** Secret: for files with mode 0600. */
  readonly key: string;
}

/** From when to when a certificate is good. */
export interface Validity {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whole days of 24 hours, from 1 to 36,500. */
  readonly days: number;
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 36_500;

export function period({ now, days }: Validity): { notBefore: Date; notAfter: Date } {
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) {
    throw new CertificateError(
      "BAD_ARGUMENT",
      `a certificate is good for 1 to ${DAYS_MAX} days, not ${days}`,
    );
  }
  return { notBefore: new Date(now), notAfter: new Date(now + days * DAY_MS) };
}

/** A number of 127 random bits, which nobody can foresee. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}

/** One line of a subject. */
export function subject(commonName: string, organizations: readonly string[] = []): x509.JsonName {
  return [
    ...organizations.map((organization) => ({ O: [organization] })),
    ...(commonName === "" ? [] : [{ CN: [commonName] }]),
  ];
}

export function certificatePem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

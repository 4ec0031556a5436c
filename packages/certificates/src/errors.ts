/**
 * - `BAD_ARGUMENT`: what was asked for cannot be in a certificate.
 * - `BAD_AUTHORITY`: what was given as authority is none, or its key is another's.
 */
export type CertificateErrorCode = "BAD_ARGUMENT" | "BAD_AUTHORITY";

/** Why no certificate was made. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly code: CertificateErrorCode;

  constructor(code: CertificateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

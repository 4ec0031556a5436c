/**
 * - `LEASE_NOT_FOUND`: there is no lease with this id, or it was revoked.
 * - `LEASE_EXISTS`: the id is taken.
 * - `LEASE_TTL_TOO_LARGE`: the time to live is above 9,000,000,000 seconds.
 * - `NOT_PRIMARY`: only the leader renews leases.
 * - `LEASE_EXPIRED`: the lease ran out and waits for its revocation; it cannot be renewed.
 * - `LEASE_CHECKPOINTED`: the members remember a rest that has to be reset before a renewal.
 * - `CORRUPT_RECORD`: the database holds a record that is no lease.
 */
export type LeaseErrorCode =
  | "LEASE_NOT_FOUND"
  | "LEASE_EXISTS"
  | "LEASE_TTL_TOO_LARGE"
  | "NOT_PRIMARY"
  | "LEASE_EXPIRED"
  | "LEASE_CHECKPOINTED"
  | "CORRUPT_RECORD";

/** Every failure of this package; branch on `code`. */
export class LeaseError extends Error {
  override readonly name = "LeaseError";
  readonly code: LeaseErrorCode;

  constructor(code: LeaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function leaseNotFound(): LeaseError {
  return new LeaseError("LEASE_NOT_FOUND", "lease not found");
}

import { Status, type StatusCode } from "@nodetcd/grpc";

/**
 * What a request is refused for, and two that no client sees:
 *
 * - `INVALID_OPTIONS`: `--auth-token` cannot be understood, or names keys that do not serve.
 * - `CORRUPT_RECORD`: the database holds a record that is no user, role or revision.
 */
export type AuthErrorCode = AuthRefusal | "INVALID_OPTIONS" | "CORRUPT_RECORD";

export interface AuthErrorRow {
  readonly status: StatusCode;
  readonly text: string;
}

const row = (status: StatusCode, text: string): AuthErrorRow => ({
  status,
  text: `etcdserver: ${text}`,
});
const bare = (status: StatusCode, text: string): AuthErrorRow => ({ status, text });

/** Status and exact text of each refusal, by which etcd's clients recognise it. */
export const AUTH_ERRORS: Readonly<Record<AuthRefusal, AuthErrorRow>> = {
  USER_NAME_EMPTY: row(Status.INVALID_ARGUMENT, "user name is empty"),
  ROLE_NAME_EMPTY: row(Status.INVALID_ARGUMENT, "role name is empty"),
  AUTHENTICATION_FAILED: row(
    Status.INVALID_ARGUMENT,
    "authentication failed, invalid user ID or password",
  ),
  PERMISSION_NOT_GIVEN: row(Status.INVALID_ARGUMENT, "permission not given"),
  INVALID_AUTH_MANAGEMENT: row(Status.INVALID_ARGUMENT, "invalid auth management"),
  OLD_AUTH_REVISION: row(Status.INVALID_ARGUMENT, "revision of auth store is old"),
  ROOT_USER_NOT_FOUND: row(Status.FAILED_PRECONDITION, "root user does not exist"),
  ROOT_ROLE_NOT_HELD: row(Status.FAILED_PRECONDITION, "root user does not have root role"),
  USER_EXISTS: row(Status.FAILED_PRECONDITION, "user name already exists"),
  USER_NOT_FOUND: row(Status.FAILED_PRECONDITION, "user name not found"),
  ROLE_EXISTS: row(Status.FAILED_PRECONDITION, "role name already exists"),
  ROLE_NOT_FOUND: row(Status.FAILED_PRECONDITION, "role name not found"),
  ROLE_NOT_GRANTED: row(Status.FAILED_PRECONDITION, "role is not granted to the user"),
  PERMISSION_NOT_GRANTED: row(Status.FAILED_PRECONDITION, "permission is not granted to the role"),
  AUTH_NOT_ENABLED: row(Status.FAILED_PRECONDITION, "authentication is not enabled"),
  PERMISSION_DENIED: row(Status.PERMISSION_DENIED, "permission denied"),
  INVALID_AUTH_TOKEN: row(Status.UNAUTHENTICATED, "invalid auth token"),
  TOO_MANY_LOGINS: row(Status.UNKNOWN, "too many requests"),
  NO_PASSWORD_USER: bare(
    Status.UNKNOWN,
    "auth: authentication failed, password was given for no password user",
  ),
  PASSWORD_TOO_LONG: bare(Status.UNKNOWN, "bcrypt: password length exceeds 72 bytes"),
  VERIFY_ONLY: bare(Status.UNKNOWN, "auth: token signing attempted with verify-only key"),
  SIGNING_FAILED: bare(Status.UNKNOWN, "key is invalid"),
};

/** Codes of what a client is told. */
export type AuthRefusal =
  | "USER_NAME_EMPTY"
  | "ROLE_NAME_EMPTY"
  | "AUTHENTICATION_FAILED"
  | "PERMISSION_NOT_GIVEN"
  | "INVALID_AUTH_MANAGEMENT"
  | "OLD_AUTH_REVISION"
  | "ROOT_USER_NOT_FOUND"
  | "ROOT_ROLE_NOT_HELD"
  | "USER_EXISTS"
  | "USER_NOT_FOUND"
  | "ROLE_EXISTS"
  | "ROLE_NOT_FOUND"
  | "ROLE_NOT_GRANTED"
  | "PERMISSION_NOT_GRANTED"
  | "AUTH_NOT_ENABLED"
  | "PERMISSION_DENIED"
  | "INVALID_AUTH_TOKEN"
  | "TOO_MANY_LOGINS"
  | "NO_PASSWORD_USER"
  | "PASSWORD_TOO_LONG"
  | "VERIFY_ONLY"
  | "SIGNING_FAILED";

/** Every failure of this package; branch on `code`. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;

  /** @param message by default the text that a client gets */
  constructor(code: AuthErrorCode, message?: string, options?: ErrorOptions) {
    super(message ?? (code in AUTH_ERRORS ? AUTH_ERRORS[code as AuthRefusal].text : code), options);
    this.code = code;
  }
}

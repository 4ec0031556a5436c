export { AuthStore, type AuthStoreOptions, type HeldTokens, openAuthStore } from "./auth-store.ts";
export type { AuthBucket, BackendLike } from "./backend-like.ts";
export {
  type AttachedKeys,
  checkDeleteRange,
  checkLease,
  checkPut,
  checkRange,
  checkTxn,
} from "./checks.ts";
export {
  AUTH_ERRORS,
  AuthError,
  type AuthErrorCode,
  type AuthErrorRow,
  type AuthRefusal,
} from "./errors.ts";
export { ANONYMOUS, type Identity, requestToken, ROOT } from "./identity.ts";
export { applyAuthenticate, checkPasswordLength, Logins, type LoginsOptions } from "./logins.ts";
export { AUTH_OPERATIONS, type AuthOperation, type AuthOperations } from "./operations.ts";
export type { AccessKind } from "./permissions.ts";
export {
  openTokenProvider,
  type TokenProvider,
  type TokenProviderOptions,
} from "./token-provider.ts";

export { type AuthorityOptions, makeAuthority, renewAuthority } from "./authority.ts";
export { CertificateError, type CertificateErrorCode } from "./errors.ts";
export { isHostAddress } from "./hosts.ts";
export { readCertificate, type CertificateFacts } from "./facts.ts";
export { type IssueOptions, issue } from "./issue.ts";
export { KEY_KINDS, type KeyKind } from "./keys.ts";
export type { KeyPairPem, Validity } from "./pem.ts";
export { type RevocationListOptions, revocationList } from "./revoke.ts";
export { makeSelfSigned, type SelfSignedOptions } from "./self-signed.ts";

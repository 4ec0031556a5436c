export {
  type AutoCompactionMode,
  defaultConfig,
  type FeatureGate,
  type MemberConfig,
  type OpenRegistry,
  type RegistryConfig,
} from "./config.ts";
export { FEATURE_STAGES, isFeatureEnabled } from "./feature-gates.ts";
export { ServerError, type ServerErrorCode } from "./errors.ts";
export type { Member, MemberStatus } from "./member.ts";
export { startMember } from "./start-member.ts";
export type { TransportSecurity } from "./transport-security.ts";

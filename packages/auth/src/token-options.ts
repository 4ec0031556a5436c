import { parseGoDuration } from "@nodetcd/runtime";
import { AuthError } from "./errors.ts";
import { JWT_TTL_MS_DEFAULT } from "./limits.ts";

export const JWT_METHODS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "HS256",
  "HS384",
  "HS512",
] as const;
export type JwtMethod = (typeof JWT_METHODS)[number];

export interface JwtOptions {
  readonly kind: "jwt";
  readonly method: JwtMethod;
  /** Paths of files. */
  readonly privateKey: string | undefined;
  readonly publicKey: string | undefined;
  readonly ttlMs: number;
  /** Names that mean nothing; worth a warning. */
  readonly unknown: readonly string[];
}

/** What `--auth-token` says; `none`: nobody can log in with a password. */
export type TokenOptions = { readonly kind: "simple" } | { readonly kind: "none" } | JwtOptions;

/** etcd says no more than this, and logs the reason, which is the cause here. */
export function invalidOptions(reason: string): AuthError {
  const cause = new Error(reason);
  return new AuthError("INVALID_OPTIONS", "auth: invalid auth options", { cause });
}

/**
 * Reads the option string: `simple`, or `jwt,sign-method=RS256,pub-key=<path>,priv-key=<path>,ttl=10m`, or
 * nothing. Raises `INVALID_OPTIONS` with etcd's texts.
 */
export function parseTokenOptions(text: string): TokenOptions {
  if (text === "") return { kind: "none" };
  const [kind, ...parts] = text.split(",");
  const values = new Map<string, string>();
  for (const part of parts) {
    const [name, value, more] = part.split("=");
    if (value === undefined || more !== undefined || values.has(name!)) {
      throw invalidOptions(`invalid token option: ${part}`);
    }
    values.set(name!, value);
  }
  if (kind === "simple") return { kind };
  if (kind === "jwt") return jwtOptions(values);
  throw invalidOptions(`unknown token type: ${kind}; there are simple and jwt`);
}

function jwtOptions(values: ReadonlyMap<string, string>): JwtOptions {
  const known = ["sign-method", "pub-key", "priv-key", "ttl"];
  const signMethod = values.get("sign-method");
  if (signMethod === "none") {
    const message = "unsupported signing method: *jwt.signingMethodNone";
    throw new AuthError("INVALID_OPTIONS", message);
  }
  const method = JWT_METHODS.find((name) => name === signMethod);
  if (method === undefined) throw invalidOptions("auth: invalid auth signature method");
  const ttl = values.get("ttl");
  const ttlMs = ttl === undefined || ttl === "" ? JWT_TTL_MS_DEFAULT : parseGoDuration(ttl);
  if (ttlMs === undefined) throw invalidOptions(`time: invalid duration ${JSON.stringify(ttl)}`);
  const path = (name: string): string | undefined => values.get(name) || undefined;
  return {
    kind: "jwt",
    method,
    privateKey: path("priv-key"),
    publicKey: path("pub-key"),
    ttlMs,
    unknown: [...values.keys()].filter((name) => !known.includes(name)),
  };
}

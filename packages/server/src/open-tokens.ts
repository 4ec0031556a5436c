import { AuthError, type AuthStore, openTokenProvider, type TokenProvider } from "@nodetcd/auth";
import type { Logger, Runtime } from "@nodetcd/runtime";
import type { MemberConfig } from "./config.ts";
import { ServerError } from "./errors.ts";

/** What `authToken` says; reads the files of keys that it names. Raises `BAD_CONFIG`. */
export function openTokens(
  runtime: Runtime,
  config: MemberConfig,
  auth: AuthStore,
  logger: Logger,
): TokenProvider {
  try {
    return openTokenProvider({
      ...runtime,
      auth,
      logger,
      token: config.authToken,
      ttlSeconds: config.authTokenTtlSeconds,
      readFile: (path) => runtime.disk.readFile(path),
    });
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const reason = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    throw new ServerError(
      "BAD_CONFIG",
      `--auth-token "${config.authToken}" cannot be used: ${error.message}${reason}`,
      { cause: error },
    );
  }
}

import { jsonFormat } from "../log/format.ts";
import { EXIT, ExitError } from "../command-line/exit.ts";
import {
  type AnyFlag,
  durationFlag,
  type Flag,
  type FlagValues,
  intFlag,
  stringFlag,
  stringsFlag,
  switchFlag,
} from "../command-line/flag.ts";

/** Flags of every command. */
export interface GlobalFlags {
  readonly endpoints: Flag<readonly string[]>;
  readonly debug: Flag<boolean>;
  readonly writeOut: Flag<string>;
  readonly hex: Flag<boolean>;
  readonly dialTimeout: Flag<number>;
  readonly commandTimeout: Flag<number>;
  readonly keepaliveTime: Flag<number>;
  readonly keepaliveTimeout: Flag<number>;
  readonly maxRequestBytes: Flag<bigint>;
  readonly maxReceiveBytes: Flag<bigint>;
  readonly insecureTransport: Flag<boolean>;
  readonly insecureDiscovery: Flag<boolean>;
  readonly skipVerify: Flag<boolean>;
  readonly cert: Flag<string>;
  readonly key: Flag<string>;
  readonly cacert: Flag<string>;
  readonly token: Flag<string>;
  readonly user: Flag<string>;
  readonly password: Flag<string>;
  readonly discoverySrv: Flag<string>;
  readonly discoverySrvName: Flag<string>;
}

/** With etcdctl's defaults. */
export const GLOBALS: GlobalFlags = {
  endpoints: stringsFlag("endpoints", "gRPC endpoints", ["127.0.0.1:2379"]),
  debug: switchFlag("debug", "enable client-side debug logging"),
  writeOut: stringFlag(
    "write-out",
    "set the output format (fields, json, protobuf, simple, table)",
    "simple",
    { shorthand: "w", choices: ["fields", "json", "protobuf", "simple", "table"] },
  ),
  hex: switchFlag("hex", "print byte strings as hex encoded strings"),
  dialTimeout: durationFlag("dial-timeout", "dial timeout for client connections", 2_000),
  commandTimeout: durationFlag(
    "command-timeout",
    "timeout for short running command (excluding dial timeout)",
    5_000,
  ),
  keepaliveTime: durationFlag("keepalive-time", "keepalive time for client connections", 2_000),
  keepaliveTimeout: durationFlag(
    "keepalive-timeout",
    "keepalive timeout for client connections",
    6_000,
  ),
  maxRequestBytes: intFlag(
    "max-request-bytes",
    "client-side request send limit in bytes (if 0, it defaults to 2.0 MiB (2 * 1024 * 1024).)",
  ),
  maxReceiveBytes: intFlag(
    "max-recv-bytes",
    'client-side response receive limit in bytes (if 0, it defaults to "math.MaxInt32")',
  ),
  insecureTransport: switchFlag(
    "insecure-transport",
    "disable transport security for client connections",
    true,
  ),
  insecureDiscovery: switchFlag(
    "insecure-discovery",
    "accept insecure SRV records describing cluster endpoints",
    true,
  ),
  skipVerify: switchFlag(
    "insecure-skip-tls-verify",
    "skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)",
  ),
  cert: stringFlag("cert", "identify secure client using this TLS certificate file"),
  key: stringFlag("key", "identify secure client using this TLS key file"),
  cacert: stringFlag(
    "cacert",
    "verify certificates of TLS-enabled secure servers using this CA bundle",
  ),
  token: stringFlag(
    "auth-jwt-token",
    "JWT token used for authentication (if this option is used, --user and --password should not be set)",
  ),
  user: stringFlag(
    "user",
    "username[:password] for authentication (prompt if password is not supplied)",
  ),
  password: stringFlag(
    "password",
    "password for authentication (if this option is used, --user option shouldn't include password)",
  ),
  discoverySrv: stringFlag(
    "discovery-srv",
    "domain name to query for SRV records describing cluster endpoints",
    "",
    { shorthand: "d" },
  ),
  discoverySrvName: stringFlag(
    "discovery-srv-name",
    "service name to query when using DNS discovery",
  ),
};

export const GLOBAL_FLAGS: readonly AnyFlag[] = Object.values<AnyFlag>({ ...GLOBALS });

const PREFIX = "ETCDCTL_";

function variableOf(name: string): string {
  return PREFIX + name.toUpperCase().replaceAll("-", "_");
}

/**
 * Sets the flags that the environment has a value for. A variable beside its flag ends the program; one that no flag has is
 * warned about, except those in `known`.
 *
 * @param warn gets log lines
 */
export function readEnvironment(
  flags: FlagValues,
  environment: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
  warn: (line: string) => void,
): void {
  const given = new Set(GLOBAL_FLAGS.filter((flag) => flags.has(flag)).map(({ name }) => name));
  const used = new Set(known);
  for (const flag of GLOBAL_FLAGS) {
    const value = environment[variableOf(flag.name)];
    if (given.has(flag.name) || value === undefined || value === "") continue;
    used.add(variableOf(flag.name));
    try {
      flags.set<unknown>(flag as Flag<unknown>, value);
    } catch {
      // As etcdctl: what cannot be understood counts as not given.
    }
  }
  const line = (level: "warn" | "error", message: string, variable: string): string =>
    `${jsonFormat(level, Date.now(), message, { "environment-variable": variable })}\n`;
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || used.has(name)) continue;
    if (GLOBAL_FLAGS.some((flag) => given.has(flag.name) && variableOf(flag.name) === name)) {
      warn(
        line(
          "error",
          "conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))",
          name,
        ),
      );
      throw new ExitError(EXIT.error);
    }
    warn(line("warn", "unrecognized environment variable", `${name}=${value}`));
  }
}

import { defaultConfig, type MemberConfig } from "@nodetcd/server";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `auto`: `console` on a terminal, `json` elsewhere and in the first process of a container. */
export const LOG_FORMATS = ["auto", "json", "console"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogSettings {
  level: LogLevel;
  format: LogFormat;
  /** `default`, `stderr`, `stdout` or paths of files. */
  outputs: string[];
  isRotated?: boolean;
  /** As it was given; `undefined` is the default. */
  rotationJson?: string;
}

/** Where founders find each other: `--discovery-*`. */
export interface Discovery {
  token: string;
  endpoints: string[];
  dialTimeoutMs: number;
  requestTimeoutMs: number;
  keepaliveMs: number;
  keepaliveTimeoutMs: number;
  insecureTransport: boolean;
  skipVerify: boolean;
  cert: string;
  key: string;
  cacert: string;
  user: string;
  password: string;
}

/** A log line about the configuration, kept until there is a logger. */
export interface Note {
  readonly level: "info" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Settings being put together from flags, environment or file. */
export interface Draft {
  config: MemberConfig;
  discovery: Discovery;
  log: LogSettings;
  notes: Note[];
  /** Names of what was set, in whatever way. */
  readonly explicit: Set<string>;
  configFile: string;
  version: boolean;
  /** `host:port` of the console beside the member; "" for none. */
  console: string;
}

export function newDraft(): Draft {
  return {
    config: { ...defaultConfig },
    discovery: {
      token: "",
      endpoints: [],
      dialTimeoutMs: 2_000,
      requestTimeoutMs: 5_000,
      keepaliveMs: 2_000,
      keepaliveTimeoutMs: 6_000,
      insecureTransport: true,
      skipVerify: false,
      cert: "",
      key: "",
      cacert: "",
      user: "",
      password: "",
    },
    log: { level: "info", format: "auto", outputs: ["default"] },
    notes: [],
    explicit: new Set(),
    configFile: "",
    version: false,
    console: "",
  };
}

/** Notes a word that etcd takes for the default, without a word itself. */
export function warnUnless(draft: Draft, flag: string, value: string, known: string[]): void {
  if (!known.includes(value)) warn(draft, "unknown value, taken for the default", { flag, value });
}

/** Notes a setting of an older etcd with a value that means nothing now; etcd passes such ones over. */
export function warnOfOld(draft: Draft, key: string): void {
  warn(draft, "setting of an older etcd is ignored", { key });
}

export function warn(draft: Draft, message: string, fields: Record<string, string> = {}): void {
  draft.notes.push({ level: "warn", message, fields });
}

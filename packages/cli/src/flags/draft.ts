import { defaultConfig, type MemberConfig } from "@nodetcd/server";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "panic", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogSettings {
  level: LogLevel;
  /** `undefined`: nobody said; `console` on a terminal, `json` otherwise. */
  format: "json" | "console" | undefined;
  /** `default`, `stderr`, `stdout` or paths of files. */
  outputs: string[];
  isRotated?: boolean;
  /** As it was given; `undefined` is the default. */
  rotationJson?: string;
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
  log: LogSettings;
  notes: Note[];
  /** Names of what was set, in whatever way. */
  readonly explicit: Set<string>;
  configFile: string;
  version: boolean;
}

export function newDraft(): Draft {
  return {
    config: { ...defaultConfig },
    log: { level: "info", format: undefined, outputs: ["default"] },
    notes: [],
    explicit: new Set(),
    configFile: "",
    version: false,
  };
}

export function warn(draft: Draft, message: string, fields: Record<string, string> = {}): void {
  draft.notes.push({ level: "warn", message, fields });
}

import { CliError } from "../errors.ts";
import type { LogSettings } from "./draft.ts";

/** When a log file is put aside, and what becomes of it: the object of `--log-rotation-config-json`. */
export interface LogRotation {
  /** MiB that a file may have; 0: 100. */
  readonly maxsize: number;
  /** Days after which an old file is removed; 0: never. */
  readonly maxage: number;
  /** Old files kept; 0: all. */
  readonly maxbackups: number;
  /** Old files are named by the time of this machine instead of UTC. */
  readonly localtime: boolean;
  /** Old files are compressed with gzip. */
  readonly compress: boolean;
}

export const DEFAULT_ROTATION: LogRotation = {
  maxsize: 100,
  maxage: 0,
  maxbackups: 0,
  localtime: false,
  compress: false,
};

const STANDARD: readonly string[] = ["default", "stderr", "stdout", "systemd/journal"];

function refuse(problem: string): CliError {
  return new CliError(
    "BAD_CONFIGURATION",
    problem,
    `Use one file in --log-outputs, and for --log-rotation-config-json the form of ${JSON.stringify(DEFAULT_ROTATION)}.`,
  );
}

/**
 * The rotation that the settings ask for, read as Go's `encoding/json` does: names in any case, unknown ones passed
 * over. Raises `CliError` with etcd's reasons.
 */
export function readRotation({ outputs, rotationJson = "{}" }: LogSettings): LogRotation {
  if (outputs.filter((output) => !STANDARD.includes(output)).length !== 1) {
    throw refuse(
      "--log-outputs requires a single file path when --log-rotate-config-json is defined",
    );
  }
  let given: unknown;
  try {
    given = JSON.parse(rotationJson);
  } catch (error) {
    throw refuse(`improperly formatted log rotation config: ${(error as Error).message}`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw refuse("invalid log rotation config: expected an object");
  }
  const rotation: Record<string, number | boolean> = { ...DEFAULT_ROTATION };
  for (const [key, value] of Object.entries(given)) {
    const name = key.toLowerCase();
    const known = rotation[name];
    if (known === undefined || value === null) continue;
    const isOfKind = typeof known === "boolean" ? typeof value === "boolean" : isCount(value);
    if (!isOfKind) {
      const kind = typeof known === "boolean" ? "true or false" : "a whole number from 0 on";
      throw refuse(`invalid log rotation config: ${name} must be ${kind}`);
    }
    rotation[name] = value as number | boolean;
  }
  return rotation as unknown as LogRotation;
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

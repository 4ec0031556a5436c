import { CliError } from "../errors.ts";
import { type Draft, warn, warnOfOld } from "./draft.ts";
import { environmentName, type Flag } from "./flag.ts";
import { findFlag } from "./table.ts";
import { FlagValueError } from "./value-error.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Read by others, or set for us by people who start etcd in containers: not worth a warning. */
const KNOWN_OTHERS = ["ETCD_UNSUPPORTED_ARCH", "ETCD_BIN"];

function nameOf(variable: string): string {
  return variable.slice("ETCD_".length).toLowerCase().replaceAll("_", "-");
}

/**
 * Takes `ETCD_SNAPSHOT_COUNT` and the like where no flag was given. As with etcd, a variable and a
 * flag for the same thing do not go together, whatever their values; unknown variables are warned
 * about, and so are empty ones, which count as not set.
 */
export function readEnvironment(environment: Environment, draft: Draft): void {
  const given = new Set([...draft.explicit].map(environmentName));
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith("ETCD_") || value === undefined) continue;
    if (given.has(variable)) throw conflict(variable);
    const name = nameOf(variable);
    const flag = environmentName(name) === variable ? findFlag(name) : undefined;
    if (variable === "ETCD_VERSION") {
      warn(draft, "cannot set special environment variable", { key: variable, value });
    } else if (flag !== undefined && value !== "") {
      setFromVariable(draft, flag, variable, value);
    } else if (!KNOWN_OTHERS.includes(variable)) {
      warn(draft, "unrecognized environment variable", {
        "environment-variable": `${variable}=${value}`,
      });
    }
  }
}

function setFromVariable(draft: Draft, flag: Flag, variable: string, value: string): void {
  try {
    flag.fromText(value)(draft);
  } catch (error) {
    if (flag.isOld) return warnOfOld(draft, variable);
    if (!(error instanceof FlagValueError)) throw error;
    throw new CliError(
      "BAD_CONFIGURATION",
      `invalid value "${value}" for ${variable}: ${error.message}`,
      `Change or unset the environment variable ${variable}.`,
    );
  }
  draft.explicit.add(flag.name);
  draft.notes.push({
    level: "info",
    message: "recognized and used environment variable",
    fields: { "variable-name": variable, "variable-value": value },
  });
}

function conflict(variable: string): CliError {
  return new CliError(
    "BAD_CONFIGURATION",
    `conflicting environment variable ${variable} is shadowed by corresponding command-line flag`,
    "Unset the environment variable or leave out the flag.",
  );
}

import { CliError } from "../errors.ts";
import { type Draft, warn } from "./draft.ts";
import { environmentName } from "./flag.ts";
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
 * about, empty ones count as not set.
 */
export function readEnvironment(environment: Environment, draft: Draft): void {
  const given = new Set([...draft.explicit].map(environmentName));
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith("ETCD_") || value === undefined) continue;
    if (given.has(variable)) throw conflict(variable);
    const flag = findFlag(nameOf(variable));
    if (variable === "ETCD_VERSION") {
      warn(draft, "cannot set special environment variable", { key: variable, value });
    } else if (flag === undefined) {
      if (KNOWN_OTHERS.includes(variable)) continue;
      warn(draft, "unrecognized environment variable", {
        "environment-variable": `${variable}=${value}`,
      });
    } else if (value !== "") {
      setFromVariable(draft, flag.name, variable, value);
    }
  }
}

function setFromVariable(draft: Draft, name: string, variable: string, value: string): void {
  try {
    findFlag(nameOf(variable))?.fromText(value)(draft);
  } catch (error) {
    if (!(error instanceof FlagValueError)) throw error;
    throw new CliError(
      "BAD_CONFIGURATION",
      `invalid value "${value}" for ${variable}: ${error.message}`,
      `Change or unset the environment variable ${variable}.`,
    );
  }
  draft.explicit.add(name);
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

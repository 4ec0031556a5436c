import { CliError } from "../errors.ts";
import type { Draft } from "./draft.ts";
import { suggest } from "./suggest.ts";
import { findFlag, LISTED_NAMES } from "./table.ts";
import { FlagValueError } from "./value-error.ts";

const SEE_HELP = "Run 'nodetcd --help' for all flags.";

/** What Go's flag package makes of one argument that begins with a dash. */
function splitArgument(argument: string): { name: string; value: string | undefined } {
  const body = argument.slice(argument.startsWith("--") ? 2 : 1);
  if (body === "" || body.startsWith("-") || body.startsWith("=")) {
    throw new CliError("USAGE", `bad flag syntax: ${argument}`, SEE_HELP);
  }
  const equals = body.indexOf("=");
  return equals < 0
    ? { name: body, value: undefined }
    : { name: body.slice(0, equals), value: body.slice(equals + 1) };
}

function unknownFlag(name: string): CliError {
  const near = suggest(name, LISTED_NAMES);
  const advice = near === undefined ? SEE_HELP : `Did you mean --${near}? ${SEE_HELP}`;
  return new CliError("USAGE", `flag provided but not defined: -${name}`, advice);
}

/**
 * Reads arguments as Go's flag package does: one dash or two, `--flag=value` or `--flag value`,
 * switches alone or as `--flag=false`; the last of several wins.
 *
 * @returns "help" when it was asked for; otherwise the settings are in `draft`
 */
export function parseArguments(args: readonly string[], draft: Draft): "help" | "parsed" {
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument.length < 2 || !argument.startsWith("-") || argument === "--") {
      const first = argument === "--" ? args[i + 1] : argument;
      if (first === undefined) break;
      throw new CliError(
        "BAD_CONFIGURATION",
        `"${first}" is not a valid flag`,
        `Flags begin with --; switches take their value as --flag=false. ${SEE_HELP}`,
      );
    }
    const { name, value } = splitArgument(argument);
    const flag = findFlag(name);
    if (flag === undefined && (name === "help" || name === "h")) return "help";
    if (flag === undefined) throw unknownFlag(name);
    const text = value ?? (flag.isBoolean ? "true" : args[++i]);
    if (text === undefined) {
      throw new CliError("USAGE", `flag needs an argument: -${name}`, SEE_HELP);
    }
    try {
      flag.fromText(text)(draft);
    } catch (error) {
      if (!(error instanceof FlagValueError)) throw error;
      const problem = `invalid value "${text}" for flag -${name}: ${error.message}`;
      throw new CliError("USAGE", problem, SEE_HELP);
    }
    draft.explicit.add(flag.name);
  }
  return "parsed";
}

import { readConfigFile } from "./config-file.ts";
import { CliError } from "../errors.ts";
import { type Draft, newDraft } from "./draft.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { parseArguments } from "./parse-arguments.ts";
import { validate } from "./validate.ts";

export interface Sources {
  args: readonly string[];
  environment: Environment;
  /** Text of the configuration file. May raise any `Error`. */
  readFile: (path: string) => string;
}

/** What was asked for; with the settings of a member, complete and checked. */
export type Request =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "serve"; readonly settings: Draft };

/**
 * Arguments first, then the environment for what they leave open; a configuration file, named by
 * either, replaces both. Raises `CliError`.
 */
export function readSettings(sources: Sources): Request {
  const { args, environment } = sources;
  const given = newDraft();
  if (parseArguments(args, given) === "help") return { kind: "help" };
  if (given.version) return { kind: "version" };
  const path = given.configFile === "" ? (environment["ETCD_CONFIG_FILE"] ?? "") : given.configFile;
  const settings = path === "" ? given : fromFile(path, sources);
  if (path === "") readEnvironment(environment, settings);
  if (!settings.explicit.has("data-dir") || settings.config.dataDir === "") {
    settings.config.dataDir = `${settings.config.name}.etcd`;
  }
  validate(settings);
  return { kind: "serve", settings };
}

function fromFile(path: string, { readFile }: Sources): Draft {
  const settings = newDraft();
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    throw new CliError(
      "BAD_CONFIGURATION",
      `cannot read configuration file ${path}: ${error instanceof Error ? error.message : String(error)}`,
      "Check the path and its permissions, or leave out --config-file.",
    );
  }
  readConfigFile(path, content, settings);
  settings.notes.push({
    level: "info",
    message:
      "loaded server configuration, other configuration command line flags and environment variables will be ignored if provided",
    fields: { path },
  });
  return settings;
}

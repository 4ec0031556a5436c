import { CliError } from "../errors.ts";
import { type Draft, warn, warnOfOld } from "./draft.ts";
import { parseYaml } from "./yaml.ts";
import { DISCOVERY_SECTION, type Missing, refuse } from "./not-built.ts";
import { SECTION_FLAGS } from "./security-sections.ts";
import type { Flag } from "./flag.ts";
import { suggest } from "./suggest.ts";
import { findFlag, LISTED_NAMES } from "./table.ts";
import { FlagValueError } from "./value-error.ts";

/** Nested sections of etcd's file whose features are not built yet. */
const SECTIONS: ReadonlyMap<string, Missing> = new Map([["discovery-config", DISCOVERY_SECTION]]);

/** In sections these are defaults of features that are off. */
const asksForNothing = (value: unknown): boolean =>
  value === null ||
  value === "" ||
  value === false ||
  value === 0n ||
  (Array.isArray(value) && value.length === 0);

function badFile(path: string, problem: string): CliError {
  return new CliError(
    "BAD_CONFIGURATION",
    `configuration file ${path}: ${problem}`,
    "Keys are flag names without dashes in front; durations are whole nanoseconds.",
  );
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readSection(path: string, name: string, section: unknown, missing: Missing): void {
  if (!isSection(section)) throw badFile(path, `invalid ${name}`);
  for (const [key, value] of Object.entries(section)) {
    if (!asksForNothing(value)) throw refuse(`${name}.${key}`, missing);
  }
}

/**
 * Reads the text of a configuration file, YAML or JSON, into fresh settings. As with etcd, keys that
 * do not exist are no error; here they are warned about. Capitals in keys do not matter.
 *
 * @param path for messages
 */
export function readConfigFile(path: string, content: string, draft: Draft): void {
  const { value: file, others } = parseYaml(content, (problem) => badFile(path, problem));
  if (others) warn(draft, "only the first document of the configuration file is read", { path });
  if (!isSection(file)) throw badFile(path, "expected keys with values");
  for (const [key, value] of Object.entries(file)) {
    const missing = SECTIONS.get(key);
    const flags = SECTION_FLAGS.get(key);
    if (missing !== undefined) readSection(path, key, value, missing);
    else if (flags !== undefined) readFlagSection(path, key, value, flags, draft);
    else if (key === "socket-options")
      warn(draft, "key of the configuration file has no effect", { key });
    else readKey(path, key, value, draft);
  }
}

/** A section whose keys are flags under names of their own. */
function readFlagSection(
  path: string,
  name: string,
  section: unknown,
  flags: ReadonlyMap<string, Flag>,
  draft: Draft,
): void {
  if (section === null) return;
  if (!isSection(section)) throw badFile(path, `invalid ${name}`);
  for (const [key, value] of Object.entries(section)) {
    const flag = flags.get(key) ?? flags.get(key.toLowerCase());
    if (flag === undefined) warnOfKey(draft, `${name}.${key}`, suggest(key, [...flags.keys()]));
    else setFromFile(path, `${name}.${key}`, flag, value, draft);
  }
}

function warnOfKey(draft: Draft, key: string, near: string | undefined): void {
  warn(draft, "unrecognized key of the configuration file", {
    key,
    ...(near === undefined ? {} : { "did-you-mean": near }),
  });
}

function readKey(path: string, key: string, value: unknown, draft: Draft): void {
  const flag = findFlag(key) ?? findFlag(key.toLowerCase());
  if (flag === undefined || flag.name === "config-file" || flag.name === "version") {
    return warnOfKey(draft, key, suggest(key, LISTED_NAMES));
  }
  setFromFile(path, key, flag, value, draft);
}

function setFromFile(path: string, key: string, flag: Flag, value: unknown, draft: Draft): void {
  if (value === null) return;
  try {
    flag.fromFile(value)(draft);
  } catch (error) {
    if (flag.isOld) return warnOfOld(draft, key);
    if (!(error instanceof FlagValueError)) throw error;
    throw badFile(path, `${key}: ${error.message}`);
  }
  draft.explicit.add(flag.name);
}

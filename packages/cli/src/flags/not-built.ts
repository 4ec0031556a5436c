import { CliError } from "../errors.ts";
import { warn } from "./draft.ts";
import { type Flag, flag } from "./flag.ts";
import type { Kind } from "./kinds.ts";

/** What a group of flags would bring, and what to do as long as it is missing. */
export interface Missing {
  /** Such as `cluster discovery`. */
  readonly feature: string;
  readonly advice: string;
}

export const V2_DISCOVERY: Missing = {
  feature: "discovery by the v2 protocol",
  advice: "Use --discovery-token and --discovery-endpoints, or --discovery-srv.",
};
export const DISCOVERY_SECTION: Missing = {
  feature: "a section of its own for discovery",
  advice: "Use keys such as discovery-token and discovery-endpoints beside the others.",
};
export function refuse(name: string, missing: Missing): CliError {
  return new CliError(
    "NOT_BUILT_YET",
    `--${name} asks for ${missing.feature}, which nodetcd has not built yet; ignoring it would not be safe`,
    missing.advice,
  );
}

/** A flag of etcd that is accepted at values that ask for nothing, and refused at all others. */
export function notBuilt<T>(
  name: string,
  kind: Kind<T>,
  defaultText: string,
  missing: Missing,
  asksForNothing: (value: T) => boolean,
): Flag {
  const help = `Not built yet (${missing.feature}).`;
  const made = flag(name, kind, defaultText, help, (_, value) => {
    if (!asksForNothing(value)) throw refuse(name, missing);
  });
  return { ...made, standing: { is: "refused", because: `no ${missing.feature} yet` } };
}

/** A flag that tunes something that does not exist here: accepted, with a warning unless default. */
export function withoutEffect<T>(
  name: string,
  kind: Kind<T>,
  defaultText: string,
  help: string,
  because: string,
): Flag {
  const made = flag(
    name,
    kind,
    defaultText,
    `${help} Without effect: ${because}.`,
    (draft, value) => {
      if (value === kind.fromText(defaultText)) return;
      warn(draft, "flag has no effect in nodetcd", { flag: `--${name}`, value: String(value) });
    },
  );
  return { ...made, standing: { is: "taken, without effect", because } };
}

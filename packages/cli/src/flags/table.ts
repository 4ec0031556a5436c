import { CLUSTERING } from "./clustering.ts";
import { warn } from "./draft.ts";
import { type Flag, flag, type Group } from "./flag.ts";
import { bool, text } from "./kinds.ts";
import { LEGACY } from "./legacy.ts";
import { MEMBER } from "./member.ts";
import { FEATURES, LOGGING, MONITORING, TRACING, UNSAFE } from "./operations.ts";
import { AUTH, SECURITY } from "./security.ts";

/** Every flag, by the groups of `--help`: the one table behind arguments, environment and file. */
export const FLAGS: Readonly<Record<Group, readonly Flag[]>> = {
  Member: MEMBER,
  Clustering: CLUSTERING,
  Security: SECURITY,
  Auth: AUTH,
  "Profiling and Monitoring": MONITORING,
  Logging: LOGGING,
  "Distributed tracing": TRACING,
  Features: FEATURES,
  "Unsafe feature": UNSAFE,
};

/** Flags that say where the rest comes from. Not keys of the file. */
const OWN: readonly Flag[] = [
  flag("config-file", text, undefined, "", (draft, value) => {
    draft.configFile = value;
  }),
  flag("version", bool, undefined, "", (draft, value) => {
    draft.version = value;
  }),
];

const BY_NAME: ReadonlyMap<string, Flag> = new Map(
  [...Object.values(FLAGS).flat(), ...LEGACY, ...OWN].map((known) => [known.name, known]),
);

const EXPERIMENTAL = "experimental-";

/** Names worth suggesting. */
export const LISTED_NAMES: readonly string[] = [...BY_NAME.values()]
  .filter((known) => !known.hidden)
  .map((known) => known.name);

/**
 * The flag of this name. `experimental-x` of etcd 3.4 to 3.6 is `x` with a warning where `x` exists.
 */
export function findFlag(name: string): Flag | undefined {
  const known = BY_NAME.get(name);
  if (known !== undefined || !name.startsWith(EXPERIMENTAL)) return known;
  const current = BY_NAME.get(name.slice(EXPERIMENTAL.length));
  if (current === undefined || OWN.includes(current)) return undefined;
  const deprecated = { flag: `--${name}`, instead: `--${current.name}` };
  return {
    ...current,
    hidden: true,
    isOld: true,
    fromText(value) {
      const set = current.fromText(value);
      return (draft) => {
        set(draft);
        warn(draft, "flag is deprecated", deprecated);
      };
    },
    fromFile(value) {
      const set = current.fromFile(value);
      return (draft) => {
        set(draft);
        warn(draft, "flag is deprecated", deprecated);
      };
    },
  };
}

import type { Draft } from "./draft.ts";
import type { Kind } from "./kinds.ts";

export const GROUPS = [
  "Member",
  "Clustering",
  "Security",
  "Auth",
  "Profiling and Monitoring",
  "Logging",
  "Distributed tracing",
  "Features",
  "Unsafe feature",
] as const;
export type Group = (typeof GROUPS)[number];

/** Puts a value that was read into the settings. */
export type Setter = (draft: Draft) => void;

/** What a flag of etcd does here: what etcd's does, or why it is taken without effect, or refused. */
export type Standing =
  "works" | { readonly is: "taken, without effect" | "refused"; readonly because: string };

/** A flag, its environment variable and its key in the configuration file, all in one. */
export interface Flag {
  /** Without dashes, such as `snapshot-count`. */
  readonly name: string;
  /** As `--help` shows it; `undefined` where it shows none. */
  readonly defaultText: string | undefined;
  readonly help: string;
  readonly isBoolean: boolean;
  /** Neither listed nor suggested. */
  readonly hidden: boolean;
  readonly standing: Standing;
  /** etcd 3.7 has it no more: what a file or a variable says of it is never an error. */
  readonly isOld: boolean;
  fromText(text: string): Setter;
  fromFile(value: unknown): Setter;
}

/** Makes a flag of a kind and of what its value does. */
export function flag<T>(
  name: string,
  kind: Kind<T>,
  defaultText: string | undefined,
  help: string,
  set: (draft: Draft, value: T) => void,
): Flag {
  return {
    name,
    defaultText,
    help,
    isBoolean: kind.isBoolean,
    hidden: false,
    standing: "works",
    isOld: false,
    fromText(text) {
      const value = kind.fromText(text);
      return (draft) => set(draft, value);
    },
    fromFile(json) {
      const value = kind.fromFile(json);
      return (draft) => set(draft, value);
    },
  };
}

/** `ETCD_SNAPSHOT_COUNT` of `snapshot-count`. */
export function environmentName(name: string): string {
  return `ETCD_${name.toUpperCase().replaceAll("-", "_")}`;
}

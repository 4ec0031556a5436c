import { type Command, nameOf } from "./command.ts";
import { UnknownCommandError } from "./exit.ts";
import type { AnyFlag } from "./flag.ts";

/** A command with all that lead to it, the root first. */
export interface Found<Call> {
  readonly path: readonly Command<Call>[];
  /** The words without the names of commands. */
  readonly rest: readonly string[];
}

/**
 * The command that the words name. Flags may stand before names; a name may be cut short as long as only one begins so.
 * Raises `UnknownCommandError` when the root has no such command.
 */
export function findCommand<Call>(root: Command<Call>, words: readonly string[]): Found<Call> {
  const path = [root];
  let rest = words;
  for (;;) {
    const current = path.at(-1)!;
    const at = firstOperand(rest, inheritedFlags(path));
    const next = at < 0 ? undefined : subcommand(current, rest[at]!);
    if (next === undefined) {
      if (path.length === 1 && at >= 0) throw unknownCommand(root, rest[at]!);
      return { path, rest };
    }
    path.push(next);
    rest = rest.toSpliced(at, 1);
  }
}

/** All flags that a command at the end of this path has. */
export function inheritedFlags<Call>(path: readonly Command<Call>[]): readonly AnyFlag[] {
  return [
    ...path.flatMap(({ persistentFlags = [] }) => persistentFlags),
    ...(path.at(-1)?.flags ?? []),
  ];
}

/** Where the first word stands that is no flag and no flag's value; -1 without one. */
function firstOperand(words: readonly string[], flags: readonly AnyFlag[]): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") return -1;
    if (word === "" || word === "-") continue;
    if (!word.startsWith("-")) return i;
    if (word.includes("=")) continue;
    const isLong = word.startsWith("--");
    if (!isLong && word.length !== 2) continue;
    const flag = flags.find((one) =>
      isLong ? one.name === word.slice(2) : one.shorthand === word[1],
    );
    const takesValue = flag === undefined ? !/^--?h(elp)?$/.test(word) : flag.type !== "";
    if (takesValue) i++;
  }
  return -1;
}

function subcommand<Call>(command: Command<Call>, name: string): Command<Call> | undefined {
  const { subcommands = [] } = command;
  const exact = subcommands.find((one) => nameOf(one) === name);
  if (exact !== undefined) return exact;
  const begun = subcommands.filter((one) => nameOf(one).startsWith(name));
  return begun.length === 1 ? begun[0] : undefined;
}

function unknownCommand<Call>(root: Command<Call>, name: string): UnknownCommandError {
  const names = (root.subcommands ?? []).map(nameOf);
  const near = names.filter(
    (one) => one.startsWith(name.toLowerCase()) || editDistance(one, name.toLowerCase()) <= 2,
  );
  const hint = near.length === 0 ? "" : `\n\nDid you mean this?\n${lines(near)}`;
  return new UnknownCommandError(
    `unknown command ${JSON.stringify(name)} for "${root.use}"${hint}`,
  );
}

function lines(names: readonly string[]): string {
  return names.map((name) => `\t${name}\n`).join("");
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

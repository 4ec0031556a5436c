/**
 * Scenario files: etcdctl commands, one a line, as data.
 *
 *     # comment
 *     needs etcd 3.7            the rest of the file is left out when that program is older
 *     later member changes      the rest waits until the subject has built that; said aloud
 *     $ put 'a key' value       runs etcdctl with these arguments; ${NAME} is filled in
 *     < text                    a line of its standard input (any number of them)
 *     = LEASE lease ([0-9a-f]+) captures group 1 of the output as ${LEASE}, on each side its own
 *     & w watch --prefix k      starts in the background as `w`; its standard input stays open
 *     . w 6                     waits for 6 lines of `w`, goes on
 *     ! w 6                     waits for 6 lines of `w`, interrupts it, compares all it printed
 *     ~ 200                     waits so many milliseconds
 *
 * Arguments are split at blanks; single quotes keep all, double quotes know \n, \t, \\ and \".
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";

interface At {
  /** `file:line` of the step. */
  readonly at: string;
}

export interface CommandStep extends At {
  readonly kind: "command";
  readonly args: string[];
  stdin: string;
  captures: { readonly name: string; readonly pattern: RegExp }[];
}

export interface StartStep extends At {
  readonly kind: "start";
  readonly name: string;
  readonly args: string[];
  stdin: string;
}

export interface AwaitStep extends At {
  readonly kind: "await" | "end";
  readonly name: string;
  readonly lines: number;
}

export interface SleepStep extends At {
  readonly kind: "sleep";
  readonly ms: number;
}

export interface NeedsStep extends At {
  readonly kind: "needs";
  readonly program: string;
  readonly version: string;
}

export interface LaterStep extends At {
  readonly kind: "later";
  readonly what: string;
}

export type Step = CommandStep | StartStep | AwaitStep | SleepStep | NeedsStep | LaterStep;

export interface Scenario {
  readonly name: string;
  readonly steps: Step[];
}

export function readScenario(path: string): Scenario {
  const name = basename(path, ".txt");
  const steps: Step[] = [];
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    addLine(steps, line, `${name}.txt:${index + 1}`);
  }
  return { name, steps };
}

function addLine(steps: Step[], line: string, at: string): void {
  const mark = line[0] ?? "";
  const rest = line.slice(2);
  const last = steps.at(-1);
  if (line.startsWith("needs ")) {
    const [, program = "", version = ""] = line.split(" ");
    steps.push({ kind: "needs", at, program, version });
  } else if (line.startsWith("later ")) {
    steps.push({ kind: "later", at, what: line.slice(6) });
  } else if (mark === "$") {
    steps.push({ kind: "command", at, args: splitWords(rest), stdin: "", captures: [] });
  } else if (mark === "&") {
    const [name = "", ...args] = splitWords(rest);
    steps.push({ kind: "start", at, name, args, stdin: "" });
  } else if (mark === "<" && (last?.kind === "command" || last?.kind === "start")) {
    last.stdin += `${rest}\n`;
  } else if (mark === "=" && last?.kind === "command") {
    const space = rest.indexOf(" ");
    last.captures.push({ name: rest.slice(0, space), pattern: new RegExp(rest.slice(space + 1)) });
  } else if (mark === "." || mark === "!") {
    const [name = "", lines = "1"] = rest.split(" ");
    steps.push({ kind: mark === "." ? "await" : "end", at, name, lines: Number(lines) });
  } else if (mark === "~") {
    steps.push({ kind: "sleep", at, ms: Number(rest) });
  } else {
    throw new Error(`${at}: cannot read "${line}"`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", 0: "\0" };

/** Splits like a shell would, without expanding anything. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S)|(\s+)/g;
  let word: string | undefined;
  for (const match of line.matchAll(pattern)) {
    const [, single, double, plain] = match;
    if (single !== undefined) word = (word ?? "") + single;
    else if (double !== undefined) word = (word ?? "") + unescape(double);
    else if (plain !== undefined) word = (word ?? "") + plain;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

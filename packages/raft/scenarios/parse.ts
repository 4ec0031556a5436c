/** One argument of a directive: `drop=(1,2)` is `{ key: "drop", values: ["1", "2"] }`. */
export interface Argument {
  readonly key: string;
  /** Empty for an argument without `=`. */
  readonly values: readonly string[];
}

/** One command of a scenario with what it is expected to print. */
export interface Directive {
  /** Line of the command, counted from 1. */
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  /** Lines between the command and `----`, joined by newlines. */
  readonly input: string;
  /** Expected output, every line ended by a newline; empty for none. */
  readonly expected: string;
}

/** What stands between directives (comments, blank lines), kept for rewriting. */
export interface Scenario {
  readonly parts: readonly Part[];
}

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "directive"; readonly head: string; readonly directive: Directive };

const SEPARATOR = "----";

/**
 * Reads the "datadriven" form: comments and blank lines, then a command line with arguments, input
 * lines, `----`, the expected output up to a blank line. Output that holds blank lines stands between
 * a doubled `----` and a doubled `----`.
 */
export function parseScenario(text: string): Scenario {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const parts: Part[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    if (line.trim() === "" || line.startsWith("#")) {
      parts.push({ kind: "text", text: `${line}\n` });
      at++;
      continue;
    }
    const start = at;
    let command = line;
    while (command.endsWith("\\")) command = command.slice(0, -1) + lines[++at]!;
    at++;
    const input: string[] = [];
    while (at < lines.length && lines[at] !== SEPARATOR) input.push(lines[at++]!);
    if (at >= lines.length) throw new Error(`line ${start + 1}: "----" is missing`);
    at++;
    const head = lines.slice(start, at).join("\n") + "\n";
    const expected: string[] = [];
    if (lines[at] === SEPARATOR) {
      at++;
      while (at < lines.length && !(lines[at] === SEPARATOR && lines[at + 1] === SEPARATOR)) {
        expected.push(lines[at++]!);
      }
      at += 2;
    } else {
      while (at < lines.length && lines[at]!.trim() !== "") expected.push(lines[at++]!);
    }
    const [name, ...args] = splitCommand(command);
    parts.push({
      kind: "directive",
      head,
      directive: {
        line: start + 1,
        command: name?.key ?? "",
        args,
        input: input.join("\n"),
        expected: expected.map((each) => `${each}\n`).join(""),
      },
    });
  }
  return { parts };
}

/** Splits `name key=(a, b) key=value key` into arguments. */
function splitCommand(line: string): Argument[] {
  const pattern = /([^\s=]+)(?:=(\(([^)]*)\)|\S*))?/g;
  return [...line.matchAll(pattern)].map(([, key, value, list]) => {
    if (value === undefined) return { key: key!, values: [] };
    if (list === undefined) return { key: key!, values: [value] };
    const values = list.split(/[\s,]+/).filter((each) => each !== "");
    return { key: key!, values };
  });
}

/** A directive's expected output, written as the parser reads it. */
export function formatOutput(output: string): string {
  if (!/^\s*$/m.test(output.replace(/\n$/, ""))) return output;
  return output === "" ? "" : `${SEPARATOR}\n${output}${SEPARATOR}\n${SEPARATOR}\n`;
}

import type { Mismatch } from "./scenario.ts";

/** Lines around a difference that are shown with it. */
const CONTEXT = 3;

/**
 * A mismatch as a reader wants it: the command, then what was expected (`-`) and what came (`+`), with
 * a few lines before and after.
 */
export function describeMismatch({ directive, actual }: Mismatch): string {
  const expectedLines = directive.expected.split("\n");
  const actualLines = actual.split("\n");
  let start = 0;
  while (start < expectedLines.length && expectedLines[start] === actualLines[start]) start++;
  let tail = 0;
  while (
    tail < Math.min(expectedLines.length, actualLines.length) - start &&
    expectedLines.at(-1 - tail) === actualLines.at(-1 - tail)
  ) {
    tail++;
  }
  const lines = [
    ...expectedLines.slice(Math.max(0, start - CONTEXT), start).map((line) => `  ${line}`),
    ...expectedLines.slice(start, expectedLines.length - tail).map((line) => `- ${line}`),
    ...actualLines.slice(start, actualLines.length - tail).map((line) => `+ ${line}`),
    ...expectedLines
      .slice(expectedLines.length - tail)
      .slice(0, CONTEXT)
      .map((line) => `  ${line}`),
  ];
  const args = directive.args.map(({ key, values }) =>
    values.length === 0 ? key : `${key}=${values.join(",")}`,
  );
  const head = `line ${directive.line}: ${[directive.command, ...args].join(" ")}`;
  return [head, ...lines].map((line) => `    ${line}`).join("\n");
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A name with what its source says of it. */
interface Row {
  readonly name: string;
  readonly value: string;
  readonly text: string;
}

const packagesOf = (root: string): string[] => readdirSync(join(root, "packages")).toSorted();

function oneLine(comment: string): string {
  return comment
    .replace(/^\s*\* ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** `64 * 1024` stays as it is written; the reader knows it better than 65536. */
function limitRows(source: string): Row[] {
  const declaration =
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?export const ([A-Z][A-Z0-9_]*)(?::[^=]+)? =\s*([^;]+);/g;
  return [...source.matchAll(declaration)].map((match) => ({
    name: match[2]!,
    value: match[3]!.replace(/\s+/g, " "),
    text: oneLine(match[1] ?? ""),
  }));
}

/** Three ways in which `errors.ts` files document their codes: a list, a comment each, a table. */
function errorRows(source: string): Row[] {
  const rows = new Map<string, string>();
  for (const match of source.matchAll(/\* - `([A-Z_]+)`: ((?:(?!\n \* - `|\*\/)[\s\S])*)/g)) {
    rows.set(match[1]!, oneLine(match[2]!));
  }
  for (const match of source.matchAll(/\/\*\* ((?:(?!\*\/)[\s\S])*)\*\/\s*\| "([A-Z_]+)"/g)) {
    rows.set(match[2]!, oneLine(match[1]!));
  }
  for (const match of source.matchAll(/^ {2}([A-Z_]+): "([^"]+)",$/gm)) {
    if (!rows.has(match[1]!)) rows.set(match[1]!, match[2]!);
  }
  for (const match of source.matchAll(/^ {2}"([^"]+)": "([A-Z_]+)",$/gm)) {
    const known = rows.get(match[2]!);
    rows.set(
      match[2]!,
      known === undefined ? match[1]! : `${known.replace(/\.$/, "")}; ${match[1]!}`,
    );
  }
  return [...rows].map(([name, text]) => ({ name, value: "", text }));
}

/** The rows of `wire/error-map.ts` and of auth's `errors.ts`: code, gRPC status, text on the wire. */
function statusRows(source: string): Row[] {
  const entry =
    /^ {2}([A-Z_]+): (?:(row|bare)\(\s*Status\.([A-Z_]+)(?:,\s*(?:"([^"]*)"|'([^']*)'))?,?\s*\)|\{ status: Status\.([A-Z_]+))/gm;
  return [...source.matchAll(entry)].map((match) => {
    const text = match[4] ?? match[5];
    const prefix = match[2] === "row" ? "etcdserver: " : "";
    return {
      name: match[1]!,
      value: match[3] ?? match[6]!,
      text: text === undefined ? "(the error's own message)" : prefix + text,
    };
  });
}

/** A table of markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function read(root: string, ...path: string[]): string {
  const file = join(root, ...path);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

export function limitsPage(root: string): string {
  const sections = packagesOf(root).flatMap((name) => {
    const rows = limitRows(read(root, "packages", name, "src", "limits.ts"));
    if (rows.length === 0) return [];
    const cells = rows.map((row) => [`\`${row.name}\``, `\`${row.value}\``, row.text]);
    return [`## ${name}\n\n${table(["limit", "value", "meaning"], cells)}\n`];
  });
  return `# Limits

Every queue, cache and buffer has a bound, named in the \`limits.ts\` of its package. This page is written by
\`npm run docs\`. Limits that users set are options: \`nodetcd --help\`.

${sections.join("\n")}`;
}

export function errorsPage(root: string): string {
  const wire = ["packages/server/src/wire/error-map.ts", "packages/auth/src/errors.ts"].flatMap(
    (file) => statusRows(read(root, file)),
  );
  const sections = packagesOf(root).flatMap((name) => {
    const rows = errorRows(read(root, "packages", name, "src", "errors.ts"));
    if (rows.length === 0) return [];
    const cells = rows.map((row) => [`\`${row.name}\``, row.text]);
    return [`## ${name}\n\n${table(["code", "meaning"], cells)}\n`];
  });
  return `# Errors

Each package raises one class of errors with a stable \`code\`; branch on it, never on the message. This page is
written by \`npm run docs\`. Files and directories fail with \`DiskError\` of \`runtime\`; a broken invariant raises
\`InvariantError\` and is to end the process.

## What clients of a member see

${table(
  ["code", "gRPC status", "text"],
  wire.map((row) => [`\`${row.name}\``, row.value, row.text]),
)}

${sections.join("\n")}`;
}

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { importsOf, stripComments } from "./imports.ts";
import {
  ALLOWED_WITHIN_RANK,
  PURE_NODE_MODULES,
  RAFT_IMPORTS,
  RANKS,
  WORLD_DEFAULTS,
  WORLD_FOLDERS,
} from "./ranks.ts";

/** Banned outside `WORLD_FOLDERS`: each reaches around `runtime`. */
const WORLD_GLOBALS: readonly [RegExp, string][] = [
  [/\bDate\.now\(|\bnew Date\(\s*\)/, "Clock.wallTime"],
  [/\bperformance\.now\(/, "Clock.monotonic"],
  [/\bMath\.random\(/, "Random.below"],
  [/\bset(?:Timeout|Interval|Immediate)\(/, "Clock.setTimer or Clock.defer"],
  [/\bprocess\.env\b/, "an option"],
];

function packageOf(specifier: string): string | undefined {
  if (specifier === "nodetcd") return "nodetcd";
  return /^@nodetcd\/([^/]+)/.exec(specifier)?.[1];
}

function checkImport(owner: string, file: string, specifier: string): string | undefined {
  if (owner === "raft" && !specifier.startsWith(".") && !RAFT_IMPORTS.includes(specifier)) {
    return `raft may import only ${RAFT_IMPORTS.join(" and ")}, not ${specifier}`;
  }
  const target = packageOf(specifier);
  if (target !== undefined && target !== owner) {
    const [from, to] = [RANKS[owner], RANKS[target]];
    if (from === undefined || to === undefined) return `no rank is known for ${owner} or ${target}`;
    if (from <= to && !ALLOWED_WITHIN_RANK.includes(`${owner} -> ${target}`)) {
      return `${owner} (rank ${from}) may not import ${target} (rank ${to})`;
    }
  }
  const world = WORLD_FOLDERS.some((folder) => file.startsWith(folder));
  const mayDefault = owner === "nodetcd" || WORLD_DEFAULTS.includes(file);
  if (!world && specifier === "@nodetcd/runtime/node" && !mayDefault) {
    return "the real world is given by the caller: take a Runtime instead";
  }
  if (!world && specifier.startsWith("node:") && !PURE_NODE_MODULES.includes(specifier)) {
    return `only runtime/node may import ${specifier}`;
  }
  return undefined;
}

/** Every way in which the source files under `root` break the layers, one line each. */
export function findViolations(root: string): { violations: string[]; filesRead: number } {
  const violations: string[] = [];
  let filesRead = 0;
  for (const owner of readdirSync(join(root, "packages"))) {
    const folder = join(root, "packages", owner, "src");
    const manifest = JSON.parse(
      readFileSync(join(root, "packages", owner, "package.json"), "utf8"),
    ) as { dependencies?: Record<string, string> };
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const file = relative(root, path);
      const text = stripComments(readFileSync(path, "utf8"));
      filesRead++;
      for (const specifier of importsOf(text)) {
        const problem = checkImport(owner, file, specifier);
        if (problem !== undefined) violations.push(`${file}: ${problem}`);
        const target = packageOf(specifier);
        const name = target === "nodetcd" ? "nodetcd" : `@nodetcd/${target}`;
        if (target !== undefined && manifest.dependencies?.[name] === undefined) {
          violations.push(`${file}: ${name} is not in the dependencies of ${owner}/package.json`);
        }
      }
      if (WORLD_FOLDERS.some((world) => file.startsWith(world))) continue;
      for (const [pattern, instead] of WORLD_GLOBALS) {
        if (pattern.test(text))
          violations.push(`${file}: ${pattern.source} is banned, use ${instead}`);
      }
    }
  }
  return { violations, filesRead };
}

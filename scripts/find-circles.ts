import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { importsOf } from "./imports.ts";

/** What a file or a folder of a package imports of the same package, types included. */
type Graph = Map<string, Set<string>>;

/**
 * Where a file belongs when folders are compared: its outermost folder, or the file itself when it lies
 * beside the folders (a file there may know all of them while some of them know it).
 */
function placeOf(file: string): string {
  const slash = file.indexOf("/");
  return slash < 0 ? file : file.slice(0, slash);
}

function readGraph(source: string): Graph {
  const graph: Graph = new Map();
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const targets = importsOf(readFileSync(path, "utf8"))
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => relative(source, join(dirname(path), specifier)));
    graph.set(relative(source, path), new Set(targets));
  }
  return graph;
}

function foldersOf(files: Graph): Graph {
  const graph: Graph = new Map();
  for (const [file, targets] of files) {
    const place = placeOf(file);
    const known = graph.get(place) ?? new Set();
    graph.set(place, known);
    for (const target of targets) if (placeOf(target) !== place) known.add(placeOf(target));
  }
  return graph;
}

/** Tarjan's strongly connected components of more than one node; each is one or more circles. */
function knotsOf(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const knots: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    onStack.add(node);
    for (const target of graph.get(node) ?? []) {
      if (!index.has(target)) {
        visit(target);
        low.set(node, Math.min(low.get(node)!, low.get(target)!));
      } else if (onStack.has(target)) low.set(node, Math.min(low.get(node)!, index.get(target)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const knot = stack.splice(stack.indexOf(node));
    for (const member of knot) onStack.delete(member);
    if (knot.length > 1) knots.push(knot.toSorted());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return knots;
}

/** Every circle of imports between the files of a package, and between its folders; a line each. */
export function findCircles(root: string): string[] {
  const lines: string[] = [];
  for (const owner of readdirSync(join(root, "packages"))) {
    const files = readGraph(join(root, "packages", owner, "src"));
    for (const knot of knotsOf(files)) {
      lines.push(`${owner}: files import each other in a circle: ${knot.join(", ")}`);
    }
    for (const knot of knotsOf(foldersOf(files))) {
      lines.push(`${owner}: folders import each other in a circle: ${knot.join(", ")}`);
    }
  }
  return lines;
}

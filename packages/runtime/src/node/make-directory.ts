import * as fs from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory, and its parents where they are missing. Not Node's own way (`recursive`): that asks for
 * ever where a parent is there and yet says that nothing can be made in it, such as `/proc`.
 *
 * @param mode permissions of all that are made
 */
export function makeDirectory(path: string, mode: number): void {
  try {
    fs.mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && isDirectory(path)) return;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path || isDirectory(parent)) throw error;
    makeDirectory(parent, mode);
    makeAlone(path, mode);
  }
}

/** The parent is there; another process may be making the same. */
function makeAlone(path: string, mode: number): void {
  try {
    fs.mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" || !isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

import { execFileSync } from "node:child_process";

/** Path of a foreign program: from its variable, or by its name in PATH. */
export function programPath(variable: string, name: string): string {
  return process.env[variable] ?? name;
}

/** Runs a foreign program; undefined, with a warning, where it is not installed. */
export function run(variable: string, name: string, args: string[]): string | undefined {
  try {
    return execFileSync(programPath(variable, name), args, { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    console.warn(`MISSING: ${name} (set ${variable}): its view was not compared`);
    return undefined;
  }
}

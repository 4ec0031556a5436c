import { EXIT, ExitError } from "../command-line/exit.ts";

/**
 * Runs a program to its end with our standard output and error. Raises `ExitError` with its exit code when it does not end
 * well.
 */
export function runProgram(
  [file = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...environment, ...process.env },
    });
    child.on("error", (error) => {
      const isMissing = "code" in error && error.code === "ENOENT";
      const shown = JSON.stringify(file);
      const text = isMissing ? `exec: ${shown}: executable file not found in $PATH` : error.message;
      reject(new ExitError(EXIT.error, text));
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else if (signal !== null) reject(new ExitError(EXIT.error, `signal: ${signal}`));
      else reject(new ExitError(code ?? EXIT.error, `exit status ${code ?? EXIT.error}`));
    });
  });
}

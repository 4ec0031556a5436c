import { EXIT, ExitError } from "../command-line/exit.ts";

const ENTER = 13;
const INTERRUPT = 3;
const END = 4;
const BACKSPACE = 127;

/** Asks on the terminal, and shows nothing of what is typed. Raises `ExitError` without a terminal. */
export function askPassword(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new ExitError(
      EXIT.error,
      `${prompt.trim().replace(/:$/, "")} cannot be asked for: standard input is not a terminal; give it by a flag`,
    );
  }
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    const typed: number[] = [];
    const finish = (): void => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
    };
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === ENTER || byte === 10 || byte === END) {
          finish();
          return resolve(Buffer.from(typed).toString());
        }
        if (byte === INTERRUPT) {
          finish();
          return reject(new ExitError(130));
        }
        if (byte === BACKSPACE) typed.pop();
        else typed.push(byte);
      }
    };
    stdin.on("data", onData);
  });
}

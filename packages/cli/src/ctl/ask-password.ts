import { ExitError } from "../command-line/exit.ts";
import { InputLines } from "./input-lines.ts";

const ENTER = 13;
const INTERRUPT = 3;
const END = 4;
const BACKSPACE = 127;

/** What comes by a pipe: a line for each question. */
let lines: InputLines | undefined;

/** As etcdctl, which asks also where nobody reads it. */
async function readPassword(prompt: string): Promise<string> {
  lines ??= new InputLines();
  process.stdout.write(prompt);
  const line = await lines.nextOrRest();
  process.stdout.write("\n");
  return line;
}

/** Asks on the terminal, and shows nothing of what is typed; without a terminal the next line of the input is taken. */
export function askPassword(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return readPassword(prompt);
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

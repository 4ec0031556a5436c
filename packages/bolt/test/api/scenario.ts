import * as fs from "node:fs";
import * as os from "node:os";
import { join } from "node:path";
import { World } from "./script.ts";

/** One command of a scenario, and what is to be answered. */
export interface Step {
  readonly command: string;
  /** The real bbolt's answer, as it was recorded. */
  readonly bbolt: string | undefined;
  /** Ours, where it is meant to be another one. */
  readonly ours: string | undefined;
}

/**
 * A line of a scenario is a command, a comment (`#`), `  ` and bbolt's answer to the command above, or
 * `  here: ` and ours where it differs on purpose.
 */
export function parseScenario(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const last = steps.at(-1);
    if (line.startsWith("  here: ")) steps.splice(-1, 1, { ...last!, ours: line.slice(8) });
    else if (line.startsWith("  ")) steps.splice(-1, 1, { ...last!, bbolt: line.slice(2) });
    else steps.push({ command: line, bbolt: undefined, ours: undefined });
  }
  return steps;
}

/** The scenario with what the real bbolt answers now. */
export function writeAnswers(text: string, answers: readonly string[]): string {
  const lines: string[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("  ") && !line.startsWith("  here: ")) continue;
    lines.push(line);
    if (line !== "" && !line.startsWith("#") && !line.startsWith("  ")) {
      lines.push(`  ${answers[at++]}`);
    }
  }
  return lines.join("\n");
}

/** True when ours says what bbolt says; it may go on after a colon. */
export function sameAnswer(ours: string, bbolt: string): boolean {
  return ours === bbolt || (bbolt.startsWith("error ") && ours.startsWith(`${bbolt}: `));
}

/** Our answers to the commands, played in a folder of their own. */
export async function playHere(commands: readonly string[]): Promise<string[]> {
  const directory = fs.mkdtempSync(join(os.tmpdir(), "bolt-api-"));
  const world = new World(directory);
  const answers: string[] = [];
  try {
    for (const command of commands) answers.push(await world.answer(command));
    return answers;
  } finally {
    world.close();
    fs.rmSync(directory, { recursive: true });
  }
}

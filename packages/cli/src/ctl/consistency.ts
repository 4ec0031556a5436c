import { EXIT, ExitError } from "../command-line/exit.ts";

/** `l` or `s` of `--consistency`. */
export function isSerializable(text: string): boolean {
  if (text !== "s" && text !== "l") {
    throw new ExitError(EXIT.badFeature, `unknown consistency flag ${JSON.stringify(text)}`);
  }
  return text === "s";
}

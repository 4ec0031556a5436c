import type { Container } from "../objects/pod.ts";
import { expand } from "./expand.ts";

/** What images do when no command is given. Processes have no image: these few stand for it. */
const IMAGE_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  pause: ["sleep", "infinity"],
};

/** The command of a container, with its variables in place. An image that is not known is a shell without input. */
export function commandOf(
  container: Container,
  variables: Readonly<Record<string, string>>,
): string[] {
  const { command = [], args = [], image = "" } = container;
  const name =
    image
      .replace(/[@:][^/]*$/, "")
      .split("/")
      .at(-1) ?? "";
  const given = [...command, ...args].map((word) => expand(word, variables));
  if (given.length > 0) return given;
  return [...(IMAGE_COMMANDS[name] ?? ["sh"])];
}

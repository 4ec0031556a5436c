import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./commands.ts";
import { Group } from "./group.ts";
import { MembershipScenario } from "./membership-commands.ts";
import { formatOutput, parseScenario, type Directive } from "./parse.ts";
import { runQuorumCommand } from "./quorum-commands.ts";

/** A command whose output is not what the file expects. */
export interface Mismatch {
  readonly directive: Directive;
  readonly actual: string;
}

/** What a scenario file gave. */
export interface ScenarioResult {
  readonly commands: number;
  readonly mismatch: Mismatch | undefined;
  /** The file as it would be with the actual outputs. */
  readonly rewritten: string;
}

/** Every scenario file under a folder, sorted; the folder itself if it is a file. */
export function findScenarios(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .map((name) => join(path, name));
}

/** Runs a file from its first command; stops at the first difference unless it is to be rewritten. */
export function runScenario(path: string, rewrite: boolean): ScenarioResult {
  const { parts } = parseScenario(readFileSync(path, "utf8"));
  const run = newRunner();
  let commands = 0;
  let mismatch: Mismatch | undefined;
  let rewritten = "";
  for (const part of parts) {
    if (part.kind === "text") {
      rewritten += part.text;
      continue;
    }
    const output = run(part.directive);
    const actual = output === "" || output.endsWith("\n") ? output : `${output}\n`;
    commands++;
    rewritten += part.head + formatOutput(actual);
    if (actual !== part.directive.expected) {
      mismatch ??= { directive: part.directive, actual };
      if (!rewrite) break;
    }
  }
  if (rewrite && mismatch !== undefined) writeFileSync(path, rewritten);
  return { commands, mismatch, rewritten };
}

const QUORUM_COMMANDS = ["committed", "vote"];
const MEMBERSHIP_COMMANDS = ["simple", "enter-joint", "leave-joint"];

/** One state for all commands of a file; which kind it needs, the commands tell. */
function newRunner(): (directive: Directive) => string {
  const group = new Group();
  const membership = new MembershipScenario();
  return (directive) => {
    if (QUORUM_COMMANDS.includes(directive.command)) return runQuorumCommand(directive);
    if (MEMBERSHIP_COMMANDS.includes(directive.command)) return membership.run(directive);
    return runCommand(group, directive);
  };
}

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Where kubectl is; `undefined`, said aloud, when it is missing. */
export function findKubectl(): string | undefined {
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "kubectl"))
    .find((path) => existsSync(path));
  if (found === undefined)
    console.warn("MISSING: kubectl on the PATH: nothing is proven about it here");
  return found;
}

/** The commands of a scenario: lines that begin with `$ `, each with its `> ` lines behind it. */
function commandsOf(text: string): { before: string; command: string }[] {
  const commands: { before: string; command: string }[] = [];
  for (const block of text.split(/\n(?=[$#] )/)) {
    const lines = block.split("\n");
    if (lines[0]?.startsWith("$ ") !== true) {
      commands.push({ before: block.trimEnd(), command: "" });
      continue;
    }
    const more = lines.slice(1).filter((line) => line.startsWith("> ") || line === ">");
    const command = [lines[0].slice(2), ...more.map((line) => line.slice(2))].join("\n");
    commands.push({ before: "", command });
  }
  return commands;
}

function run(command: string, folder: string, server: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", `exec 2>&1\n${command}`], {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        KUBECONFIG: join(folder, "kubeconfig"),
        SERVER: server,
      },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 150_000,
    });
    let output = "";
    child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    child.on("close", (code) => {
      resolve(code === 0 ? output : `${output.trimEnd()}\n[exit ${code}]\n`);
    });
  });
}

/** Takes out what differs from run to run: ages, times, uids, revisions, generated names, widths of columns. */
function settle(output: string): string {
  return output
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, "TIME")
    .replaceAll(/(resourceVersion"?: ?)"\d+"/g, '$1"RV"')
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "-XXXXX")
    .replaceAll(/127\.0\.0\.1:\d+/g, "SERVER")
    .replaceAll(/(?<![-\w./])(\d+m)?\d+s(?![\w./])/g, "AGE")
    .replaceAll("\r", "")
    .replaceAll(/^[WEI]\d{4} .*\] /gm, "LOG ")
    .replaceAll(/ +$/gm, "")
    .replaceAll(/(?<=\S) {2,}/g, "  ");
}

/** Runs the commands of a scenario against an API server and gives its text back with what they print. */
export async function runScenario(text: string, server: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kubectl-test-"));
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "here", cluster: { server } }],
    contexts: [{ name: "here", context: { cluster: "here", user: "" } }],
    "current-context": "here",
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(config));
  const parts: string[] = [];
  try {
    for (const { before, command } of commandsOf(text)) {
      if (command === "") {
        parts.push(`${before}\n`);
        continue;
      }
      const shown = command.replaceAll("\n", "\n> ").replaceAll(/ +$/gm, "");
      const output = settle(await run(command, folder, server)).trimEnd();
      parts.push(`$ ${shown}\n${output === "" ? "" : `${output}\n`}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return parts.join("\n");
}

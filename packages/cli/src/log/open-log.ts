import { openSync, writeSync } from "node:fs";
import type { Clock, Logger } from "@nodetcd/runtime";
import { CliError } from "../errors.ts";
import type { LogSettings } from "../flags/draft.ts";
import { consoleFormat, jsonFormat } from "./format.ts";
import { lineLogger } from "./logger.ts";

type Write = (lines: string) => void;

function openFile(path: string): Write {
  try {
    const descriptor = openSync(path, "a", 0o600);
    return (lines) => void writeSync(descriptor, lines);
  } catch (error) {
    throw new CliError(
      "BAD_CONFIGURATION",
      `cannot open log output ${path}: ${error instanceof Error ? error.message : String(error)}`,
      "Use --log-outputs stderr, stdout, or a path that can be written.",
    );
  }
}

function openOutput(output: string): Write {
  switch (output) {
    case "default":
    case "stderr":
      return (lines) => void process.stderr.write(lines);
    case "stdout":
      return (lines) => void process.stdout.write(lines);
    case "systemd/journal":
      throw new CliError(
        "NOT_BUILT_YET",
        "--log-outputs systemd/journal is not built yet",
        "Use stderr: systemd puts it into the journal.",
      );
    default:
      return openFile(output.replace(/^file:\/\//, ""));
  }
}

/** True when log lines are for a person who is looking: the settings say so, or leave it open. */
export function isForPeople(settings: LogSettings): boolean {
  if (settings.format !== undefined) return settings.format === "console";
  return (
    process.stderr.isTTY === true &&
    settings.outputs.every((o) => ["default", "stderr"].includes(o))
  );
}

/** Opens what `--log-outputs` names. Files are appended to and stay open. Raises `CliError`. */
export function openLog(settings: LogSettings, clock: Clock): Logger {
  // Whoever reads the log may go away; the server stays.
  for (const stream of [process.stderr, process.stdout]) stream.on("error", () => undefined);
  const { level, outputs } = settings;
  const writes = [...new Set(outputs)].map(openOutput);
  return lineLogger({
    clock,
    level,
    format: isForPeople(settings) ? consoleFormat(process.stderr.isTTY === true) : jsonFormat,
    write: (lines) => {
      for (const write of writes) write(lines);
    },
  });
}

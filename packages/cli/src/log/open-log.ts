import { fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { WriteStream } from "node:tty";
import type { Clock, Logger } from "@nodetcd/runtime";
import { CliError } from "../errors.ts";
import type { LogSettings } from "../flags/draft.ts";
import { consoleFormat, jsonFormat } from "./format.ts";
import { lineLogger } from "./logger.ts";
import { RotatingFile } from "./rotating-file.ts";
import { type LogRotation, readRotation } from "../flags/log-rotation.ts";
import { fileOutput, type Gap, type LogOutput, streamOutput } from "./output.ts";

function isPipe(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  return found.isFIFO() || found.isSocket();
}

function openFile(
  path: string,
  gap: Gap,
  rotation: LogRotation | undefined,
  clock: Clock,
): LogOutput {
  try {
    const fd = openSync(path, "a", 0o600);
    if (isPipe(fd)) {
      return streamOutput(new Socket({ fd, readable: false, writable: true }), gap);
    }
    if (rotation === undefined) return fileOutput(() => fd, gap);
    const file = new RotatingFile(path, fd, rotation, clock);
    return fileOutput((bytes) => file.descriptorFor(bytes), gap);
  } catch (error) {
    throw new CliError(
      "BAD_CONFIGURATION",
      `cannot open log output ${path}: ${error instanceof Error ? error.message : String(error)}`,
      "Use --log-outputs stderr, stdout, or a path that can be written.",
    );
  }
}

function openStandard(stream: WriteStream & { fd: number }, gap: Gap): LogOutput {
  const isStream = stream.isTTY || isPipe(stream.fd);
  return isStream ? streamOutput(stream, gap) : fileOutput(() => stream.fd, gap);
}

function openOutput(
  output: string,
  gap: Gap,
  rotation: LogRotation | undefined,
  clock: Clock,
): LogOutput {
  switch (output) {
    case "default":
    case "stderr":
      return openStandard(process.stderr, gap);
    case "stdout":
      return openStandard(process.stdout, gap);
    case "systemd/journal":
      throw new CliError(
        "NOT_BUILT_YET",
        "--log-outputs systemd/journal is not built yet",
        "Use stderr: systemd puts it into the journal.",
      );
    default:
      return openFile(output.replace(/^file:\/\//, ""), gap, rotation, clock);
  }
}

/** True when log lines are for a person who is looking: the settings say so, or leave it open. */
export function isForPeople(settings: LogSettings): boolean {
  if (settings.format !== "auto") return settings.format === "console";
  return (
    process.stderr.isTTY === true &&
    process.pid !== 1 &&
    settings.outputs.every((o) => ["default", "stderr"].includes(o))
  );
}

export interface OpenLog {
  readonly logger: Logger;
  /** Resolves when all lines have left, or after `patienceMs`. */
  flush(patienceMs: number): Promise<void>;
}

/** Opens what `--log-outputs` names. Files are appended to and stay open. Raises `CliError`. */
export function openLog(settings: LogSettings, clock: Clock): OpenLog {
  const { level, outputs } = settings;
  const format = isForPeople(settings) ? consoleFormat(process.stderr.isTTY === true) : jsonFormat;
  const gap: Gap = (dropped) =>
    `${format("warn", clock.wallTime(), "log lines were dropped: nobody took them", { dropped })}\n`;
  const rotation = settings.isRotated ? readRotation(settings) : undefined;
  const opened = [...new Set(outputs)].map((output) => openOutput(output, gap, rotation, clock));
  return {
    logger: lineLogger({
      clock,
      level,
      format,
      write: (lines) => {
        for (const output of opened) output.write(lines);
      },
    }),
    async flush(patienceMs) {
      await Promise.all(opened.map((output) => output.flush(patienceMs)));
    },
  };
}

/** The standard output as `MemberConfig.auditOutput` wants it: what it does not take is given again. */
export function openAuditOutput(): LogOutput {
  return openStandard(process.stdout, () => "");
}

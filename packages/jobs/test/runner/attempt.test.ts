import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Attempt } from "../../src/runner/process/attempt.ts";
import { LogCollector, logLines } from "../../src/runner/process/collect-logs.ts";
import { processesOf } from "../../src/runner/process/proc.ts";
import { until } from "./node.ts";

let folder: string;
let attempt: Attempt;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodetcd-attempt-"));
  attempt = new Attempt(join(folder, "0"));
});
afterEach(async () => {
  attempt.sweep();
  await until(() => processesOf(attempt.folder).length === 0, "no process is left");
  rmSync(folder, { recursive: true, force: true });
});

const start = (script: string, onEnd: () => void = () => undefined): void =>
  attempt.start(
    {
      command: ["bash", "-c", script],
      environment: { PATH: process.env["PATH"] ?? "" },
      workingDir: folder,
    },
    onEnd,
  );
const kind = (): string => attempt.state().kind;
/** The supervisor's number. */
const supervisor = (): number =>
  Number(
    readdirSync(attempt.folder)
      .find((name) => name.startsWith("run."))!
      .slice(4),
  );

describe("Attempt", () => {
  it("starts once, however many come to start it", async () => {
    attempt.prepare();
    const ends = Array.from(
      { length: 12 },
      () => new Promise<void>((resolve) => start("echo x >>marks; sleep 0.5", resolve)),
    );
    await Promise.all(ends);
    expect(readFileSync(join(folder, "marks"), "utf8")).toBe("x\n");
    expect(attempt.state()).toMatchObject({ kind: "ended", exitCode: 0 });
  });

  it("does not start again what has ended, nor what was refused", async () => {
    attempt.prepare();
    await new Promise<void>((resolve) => start("echo x >>marks", resolve));
    attempt.prepare();
    await new Promise<void>((resolve) => start("echo x >>marks", resolve));
    expect(readFileSync(join(folder, "marks"), "utf8")).toBe("x\n");
    const other = new Attempt(join(folder, "1"));
    other.prepare();
    other.refuse();
    const request = { command: ["touch", "never"], environment: {}, workingDir: folder };
    await new Promise<void>((resolve) => other.start(request, resolve));
    expect(other.state()).toMatchObject({ kind: "ended", exitCode: 128 });
    expect(existsSync(join(folder, "never"))).toBe(false);
  });

  it.each([
    ["exit 7", 7],
    ["kill -9 $$", 137],
    ["kill -15 $$", 143],
    ['trap "exit 9" TERM; kill -15 $$', 9],
  ])("writes down how `%s` ends", async (script, exitCode) => {
    attempt.prepare();
    await new Promise<void>((resolve) => start(script, resolve));
    expect(attempt.state()).toMatchObject({ kind: "ended", exitCode });
  });

  it("finds what runs when the supervisor was killed, and says that its end is not known", async () => {
    attempt.prepare();
    start("sleep 300 & sleep 300");
    await until(() => attempt.main() !== undefined, "it runs");
    process.kill(supervisor(), "SIGKILL");
    await until(
      () => !processesOf(attempt.folder).includes(supervisor()),
      "the supervisor is gone",
    );
    expect(kind()).toBe("running");
    attempt.kill();
    await until(() => kind() !== "running", "it has ended");
    expect(kind()).toBe("lost");
  });

  it("does not take another process of the same number for its own", () => {
    attempt.prepare();
    attempt.refuse();
    rmSync(join(attempt.folder, "exit"));
    rmSync(join(attempt.folder, "run.0"));
    writeFileSync(join(attempt.folder, `run.${process.pid}`), "");
    writeFileSync(join(attempt.folder, "pid"), `${process.pid} 1\n`);
    expect(kind()).toBe("lost");
    expect(attempt.main()).toBeUndefined();
  });

  it("is not ended by a signal to the supervisor", async () => {
    attempt.prepare();
    start("sleep 1; exit 3");
    await until(() => attempt.main() !== undefined, "it runs");
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      process.kill(supervisor(), "SIGTERM");
    }
    await until(() => kind() === "ended", "it has ended");
    expect(attempt.state()).toMatchObject({ exitCode: 3 });
  });
});

describe("LogCollector", () => {
  const text = (): string =>
    [...logLines(readFileSync(join(folder, "log")))]
      .map(({ text: line }) => Buffer.from(line).toString())
      .join("|");

  it("goes on after a crash without a gap and without a line twice, wherever the crash cut", () => {
    writeFileSync(join(folder, "stdout"), "one\ntwo\nthree\n");
    new LogCollector(folder).collect(0, false);
    const whole = readFileSync(join(folder, "log"));
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(join(folder, "log"), whole.subarray(0, cut));
      new LogCollector(folder).collect(1, false);
      expect([cut, text()]).toEqual([cut, "one|two|three"]);
    }
  });

  it("keeps a line that has no end yet for later, and takes it when it is the last", () => {
    writeFileSync(join(folder, "stdout"), "one\ntw");
    const collector = new LogCollector(folder);
    collector.collect(0, false);
    expect(text()).toBe("one");
    collector.collect(0, true);
    expect(text()).toBe("one|tw");
    expect(existsSync(join(folder, "stdout"))).toBe(false);
  });
});

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { describe, expect, it } from "vitest";
import { fileOutput, LOG_QUEUE_BYTES_MAX, streamOutput } from "../src/log/output.ts";
import { builtProgram, memberArgs, start, temporaryDirectory } from "./support/program.ts";

const directory = temporaryDirectory();

/** A pipe of the system: `read` takes all that is in it now. */
function openPipe(name: string): { writeEnd: number; read: () => string } {
  const path = join(directory, name);
  execFileSync("mkfifo", [path]);
  const readEnd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writeEnd = fs.openSync(path, "w");
  const buffer = Buffer.alloc(1 << 20);
  const read = (): string => {
    let text = "";
    try {
      for (;;) {
        const length = fs.readSync(readEnd, buffer);
        if (length === 0) return text;
        text += buffer.toString("utf8", 0, length);
      }
    } catch {
      // Empty for now.
      return text;
    }
  };
  return { writeEnd, read };
}

/** Reads until `isEnough`, as a reader that wakes up late. */
async function readUntil(read: () => string, isEnough: (text: string) => boolean): Promise<string> {
  let text = "";
  await expect.poll(() => isEnough((text += read())), { interval: 5 }).toBe(true);
  return text;
}

describe("streamOutput", () => {
  it("keeps a bounded queue for a pipe that nobody reads, and says in its place what is missing", async () => {
    const { writeEnd, read } = openPipe("bounded");
    const stream = new Socket({ fd: writeEnd, readable: false, writable: true });
    const output = streamOutput(stream, (dropped) => `dropped ${dropped}\n`);
    const line = (i: number): string => `${String(i).padEnd(99)}\n`;
    const lines = Math.ceil((3 * LOG_QUEUE_BYTES_MAX) / 100);
    for (let i = 0; i < lines; i++) output.write(line(i));
    expect(stream.writableLength).toBeLessThanOrEqual(LOG_QUEUE_BYTES_MAX);

    const begun = performance.now();
    await output.flush(20);
    expect(performance.now() - begun).toBeLessThan(1_000);

    const text = await readUntil(read, (all) => all.includes("dropped"));
    output.write("after\n");
    const rest = await readUntil(read, (all) => all.includes("after"));
    const got = (text + rest).trimEnd().split("\n");
    const dropped = Number(/dropped (\d+)/.exec(text)?.[1]);
    const kept = lines - dropped;
    expect(kept).toBeGreaterThan(LOG_QUEUE_BYTES_MAX / 100 - 2);
    // Whole lines in order, then the gap, then what came later.
    expect(got.slice(0, kept).map((one) => Number(one))).toEqual(
      Array.from({ length: kept }, (_, i) => i),
    );
    expect(got.slice(kept)).toEqual([`dropped ${dropped}`, "after"]);
    stream.destroy();
  });

  it("goes on when its reader has gone", async () => {
    const path = join(directory, "gone");
    execFileSync("mkfifo", [path]);
    const readEnd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const stream = new Socket({ fd: fs.openSync(path, "w"), readable: false, writable: true });
    const output = streamOutput(stream, () => "");
    fs.closeSync(readEnd);
    output.write("lost\n");
    await expect.poll(() => stream.destroyed).toBe(true);
    for (let i = 0; i < 100; i++) output.write("lost\n");
    await output.flush(1_000);
    expect(stream.writableLength).toBeLessThan(100);
  });
});

describe("fileOutput", () => {
  it("drops what the disk refuses, and says so once it takes lines again", () => {
    // A descriptor that cannot be written to first, and then can.
    const path = join(directory, "file.log");
    fs.writeFileSync(path, "");
    const readOnly = fs.openSync(path, "r");
    const output = fileOutput(
      () => readOnly,
      (dropped) => `dropped ${dropped}\n`,
    );
    output.write("one\n");
    output.write("two\n");
    fs.closeSync(readOnly);
    expect(fs.openSync(path, "a")).toBe(readOnly);
    output.write("three\n");
    output.write("four\n");
    expect(fs.readFileSync(path, "utf8")).toBe("dropped 2\nthree\nfour\n");
    fs.closeSync(readOnly);
  });
});

describe("nodetcd", () => {
  it("serves while its log goes into a pipe that nobody reads, and tells of the gap later", async () => {
    const { writeEnd, read } = openPipe("member");
    const args = await memberArgs("unread", join(directory, "unread"));
    // A line for each request.
    const flags = ["--warning-unary-request-duration=1ns", "--warning-apply-duration=1ns"];
    const { child, exit } = start([...args, ...flags], {
      program: builtProgram(),
      stdio: ["ignore", "pipe", writeEnd],
    });
    fs.closeSync(writeEnd);
    const url = args[args.indexOf("--listen-client-urls") + 1] ?? "";
    const client = new Client({ runtime: nodeRuntime, endpoints: url });
    await client.put("a", "b", { timeoutMs: 15_000 });
    const puts: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 500; j++) puts.push(client.put("a", `${i}`));
      await Promise.all(puts.splice(0));
    }
    const text = await readUntil(read, (all) => all.includes("log lines were dropped"));
    for (let i = 0; i < 10; i++) await client.put("a", "after");
    const later = await readUntil(read, (all) => all.includes("took too long"));
    client.close();
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    const lines = (text + later + read()).trimEnd().split("\n");
    const messages = lines.map((line) => JSON.parse(line) as { msg: string; dropped?: number });
    const gaps = messages.filter(({ msg }) => msg.startsWith("log lines were dropped"));
    expect(gaps[0]?.dropped).toBeGreaterThan(0);
    expect(messages.at(-1)?.msg).toBe("stopped");
  });
});

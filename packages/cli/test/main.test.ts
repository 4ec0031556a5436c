import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { describe, expect, it } from "vitest";
import {
  freePort,
  type MemberProcess,
  start,
  startMember as startIn,
  temporaryDirectory,
} from "./support/program.ts";

const directory = temporaryDirectory();
const startMember = (name: string): Promise<MemberProcess> => startIn(name, join(directory, name));

describe("nodetcd", () => {
  it("--version has etcd's lines, on standard output", async () => {
    const { output, exit } = start(["--version"]);
    expect(await exit).toBe(0);
    expect(output.out).toMatch(
      /^etcd Version: 3\.7\.\d+\nGit SHA: .*\nGo Version: .*\nGo OS\/Arch: /,
    );
    expect(output.out).toMatch(/\nnodetcd Version: \d/);
  });

  it("refuses in plain text or as a log line, with etcd's exit codes", async () => {
    const cases = [
      start(["--nam", "x"]),
      start(["--snapshot-count=abc"]),
      start(["srever"]),
      start(["--name=x"], { environment: { ETCD_NAME: "y" } }),
    ];
    expect(await Promise.all(cases.map(({ exit }) => exit))).toEqual([2, 2, 1, 1]);
    const [unknown, bad, command, conflict] = cases.map(({ output }) => output.err);
    expect(unknown).toContain("not defined: -nam\nDid you mean --name?");
    expect(bad).toContain('invalid value "abc" for flag -snapshot-count');
    expect(command).toContain("Did you mean server?");
    expect(JSON.parse(conflict ?? "")).toMatchObject({
      level: "error",
      error: expect.stringContaining("conflicting environment variable"),
    });
  });

  it("opens no debugger and goes on when it gets signals that mean nothing to etcd", async () => {
    const { child, output, exit, url } = await startMember("signals");
    for (const name of ["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGIO"] as const) {
      child.kill(name);
    }
    const client = new Client({ runtime: nodeRuntime, endpoints: url });
    await client.put("alive", "yes", { timeoutMs: 15_000 });
    client.close();
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(output.err).not.toContain("Debugger listening");
  });

  it("serves, logs JSON lines only, stops at SIGTERM within 1.5 s, and finds its data again", async () => {
    const first = await startMember("stops");
    const client = new Client({ runtime: nodeRuntime, endpoints: first.url });
    await client.put("kept", "yes");
    const watcher = client.watch("kept");
    await watcher.ready;
    const begun = performance.now();
    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    expect(performance.now() - begun).toBeLessThan(1_500);
    const lines = first.output.err.trimEnd().split("\n");
    const levels = lines.map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels).not.toContain("error");
    expect(first.output.out).toBe("");

    const second = start(first.args);
    expect((await client.get("kept", { timeoutMs: 15_000 }))?.text()).toBe("yes");
    client.close();
    second.child.kill("SIGINT");
    expect(await second.exit).toBe(0);
  });

  it("a signal that comes again changes nothing", async () => {
    const { child, output, exit } = await startMember("twice");
    for (let i = 0; i < 3; i++) child.kill("SIGINT");
    expect(await exit, output.err).toBe(0);
    expect(output.err).toContain('"stopped"');
  });

  it("a signal during the start ends it with code 0, and the next start is sound", async () => {
    const { child, args, exit: end } = await startMember("early");
    child.kill("SIGTERM");
    await end;
    const { output, exit, child: starting } = start(args);
    await expect.poll(() => output.err, { interval: 1 }).toContain("Running: ");
    starting.kill("SIGTERM");
    expect(await exit, output.err).toBe(0);
    const again = start(args);
    await expect.poll(() => again.output.err).toContain("ready to serve client requests");
    again.child.kill("SIGTERM");
    expect(await again.exit).toBe(0);
  });

  it("says why it cannot start: folder in use, port in use", async () => {
    const running = await startMember("busy");
    const sameFolder = start([
      ...running.args,
      `--listen-client-urls=http://127.0.0.1:${await freePort()}`,
      `--listen-peer-urls=http://127.0.0.1:${await freePort()}`,
    ]);
    expect(await sameFolder.exit).toBe(1);
    expect(sameFolder.output.err).toContain("DATA_DIR_LOCKED");
    const samePort = start([...running.args, "--data-dir", join(directory, "other")]);
    expect(await samePort.exit).toBe(1);
    expect(samePort.output.err).toContain("ADDRESS_UNAVAILABLE");
    running.child.kill("SIGTERM");
    expect(await running.exit).toBe(0);
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DiskError } from "@nodetcd/runtime";
import { nodeDisk } from "@nodetcd/runtime/node";

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const { PATH } = process.env;
/** Where there is no program at all. */
const NO_PROGRAMS = "/nonexistent";
/** Opens a file, locks it, says how that went, and keeps it for as long as it lives. */
const HOLDER = `
const { nodeDisk } = await import("@nodetcd/runtime/node");
const [path, kind] = process.argv.slice(1);
try {
  nodeDisk.open(path, "create").lock(kind, 0);
  console.log("locked", nodeDisk.lockLimits() ?? "");
} catch (error) {
  console.log(error.code);
}
setInterval(() => undefined, 1000);
`;

let folder = "";
let file = "";
const children: ChildProcess[] = [];
// The first lock of this process finds that there is none, and claims are what it takes from then on.
beforeAll(() => {
  process.env["PATH"] = NO_PROGRAMS;
});
beforeEach(() => {
  folder = nodeDisk.makeTemporaryDirectory("claims-");
  file = join(folder, "db");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  nodeDisk.removeTree(folder);
});

/** Another process that locks the file, and what it said. */
async function holder(
  kind: "shared" | "exclusive",
  path = NO_PROGRAMS,
): Promise<{ child: ChildProcess; said: string }> {
  const args = [
    "--conditions=@nodetcd/source",
    "--import",
    "tsx",
    "--input-type=module",
    "-e",
    HOLDER,
  ];
  const child = spawn(process.execPath, [...args, file, kind], {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const said = await new Promise<string>((resolve) => {
    child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  return { child, said };
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

const claims = (): string[] => fs.readdirSync(folder).filter((name) => name.startsWith(".claim"));

describe("locks without the flock program", () => {
  test("keep another process out until it is killed, and leave nothing; what they cannot see is said", async () => {
    const { child, said } = await holder("exclusive");
    expect(said).toContain("can be run");
    const own = nodeDisk.open(file, "write");
    expect(() => own.lock("exclusive", 0)).toThrow(DiskError);
    await expect(own.lockAsync("shared")).rejects.toMatchObject({ code: "LOCKED" });
    expect((await holder("exclusive")).said).toBe("LOCKED");
    await killed(child);
    own.lock("exclusive", 0);
    expect(nodeDisk.lockLimits?.()).toContain("not against");
    expect(claims()).toHaveLength(1);
    own.close();
    expect(claims()).toEqual([]);
  });

  test.skipIf(process.platform !== "linux")("see who has locked with flock(2)", async () => {
    const { child, said } = await holder("exclusive", PATH);
    expect(said).toBe("locked");
    const own = nodeDisk.open(file, "write");
    expect(() => own.lock("shared", 0)).toThrow("another program");
    await killed(child);
    own.lock("shared", 0);
    own.close();
  });

  test("let readers in together, follow the file when it is renamed, and hold within one process", () => {
    const [a, b, c] = [1, 2, 3].map(() => nodeDisk.open(file, "create"));
    a!.lock("shared", 0);
    b!.lock("shared", 0);
    expect(() => c!.lock("exclusive", 0)).toThrow(DiskError);
    a!.close();
    b!.close();
    c!.lock("exclusive", 0);
    nodeDisk.rename(file, `${file}.renamed`);
    const d = nodeDisk.open(`${file}.renamed`, "write");
    expect(() => d.lock("exclusive", 60)).toThrow(DiskError);
    c!.close();
    d.lock("exclusive", 0);
    d.close();
  });

  test("are forgotten when their directory was renamed and the file was closed", () => {
    const inner = join(folder, "building");
    nodeDisk.makeDirectory(inner);
    const first = nodeDisk.open(join(inner, "f"), "create");
    first.lock("exclusive", 0);
    nodeDisk.rename(inner, join(folder, "built"));
    const second = nodeDisk.open(join(folder, "built", "f"), "write");
    expect(() => second.lock("exclusive", 0)).toThrow(DiskError);
    first.close();
    second.lock("exclusive", 0);
    second.close();
    expect(fs.readdirSync(join(folder, "built"))).toEqual(["f"]);
  });

  test("Windows is refused in a sentence", async () => {
    const { platform } = process;
    const own = nodeDisk.open(file, "create");
    Object.defineProperty(process, "platform", { value: "win32" });
    try {
      expect(() => own.lock("exclusive", 0)).toThrow(
        "on Windows nodetcd keeps no data on disk. Run it in WSL",
      );
      await expect(own.lockAsync("shared")).rejects.toThrow("on Windows");
    } finally {
      Object.defineProperty(process, "platform", { value: platform });
      own.close();
    }
  });

  test("a claim of a process that has the number of a dead one is not taken for it", () => {
    const own = nodeDisk.open(file, "create");
    const { ino } = fs.statSync(file);
    fs.writeFileSync(join(folder, `.claim-${ino}-exclusive-${process.ppid}-1-0-0`), "");
    if (process.platform === "linux") own.lock("exclusive", 0);
    else expect(() => own.lock("exclusive", 0)).toThrow(DiskError);
    own.close();
  });
});

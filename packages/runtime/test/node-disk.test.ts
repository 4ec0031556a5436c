import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Disk, DiskError, type DiskErrorCode } from "@nodetcd/runtime";
import { nodeDisk } from "@nodetcd/runtime/node";

const disk: Disk = nodeDisk;
let folder = "";
beforeEach(() => {
  folder = disk.makeTemporaryDirectory("runtime-");
});
afterEach(() => disk.removeTree(folder));

/** Whether the descriptor of this name is open on `path` with O_DSYNC. */
function isSynced(name: string, path: string): boolean {
  try {
    if (fs.readlinkSync(`/proc/self/fd/${name}`) !== path) return false;
    const info = fs.readFileSync(`/proc/self/fdinfo/${name}`, "utf8");
    const flags = Number.parseInt(/flags:\s+(\d+)/.exec(info)?.[1] ?? "0", 8);
    return (flags & fs.constants.O_DSYNC) === fs.constants.O_DSYNC;
  } catch {
    return false;
  }
}

function codeOf(work: () => unknown): DiskErrorCode | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}

describe("nodeDisk", () => {
  test("writes many chunks in order, beyond what one writev takes", async () => {
    const file = disk.open(join(folder, "f"), "create-new");
    const chunks = Array.from({ length: 2500 }, (_, i) => Buffer.from(`${i},`));
    await file.writeAsync(chunks, 3);
    await file.syncAsync();
    const content = disk.readFile(join(folder, "f"));
    expect(Buffer.from(content.subarray(3)).toString()).toBe(Buffer.concat(chunks).toString());
    expect([...content.subarray(0, 3)]).toEqual([0, 0, 0]);
    file.close();
  });

  test("says when a file is where a directory is needed, and the other way round", () => {
    const file = join(folder, "kind");
    disk.open(file, "create-new").close();
    expect(codeOf(() => disk.makeDirectory(join(file, "below")))).toBe("WRONG_KIND");
    expect(codeOf(() => disk.list(file))).toBe("WRONG_KIND");
    expect(codeOf(() => disk.open(folder, "write"))).toBe("WRONG_KIND");
    disk.makeDirectory(join(folder, "a/b/c"));
    expect(codeOf(() => disk.makeDirectory(join(folder, "a/b/c")))).toBe(undefined);
  });

  test("writeSynced() writes through a descriptor that syncs, under whatever name, until close()", async () => {
    const path = join(folder, "f");
    const file = disk.open(path, "create");
    file.write(Buffer.from("0123456789"), 0);
    disk.rename(path, `${path}.renamed`);
    await file.writeSynced([Buffer.from("a"), Buffer.from("bc")], 4);
    expect(Buffer.from(disk.readFile(`${path}.renamed`)).toString()).toBe("0123abc789");
    expect(disk.exists(path)).toBe(false);
    const synced = (): number =>
      fs.readdirSync("/proc/self/fd").filter((name) => isSynced(name, `${path}.renamed`)).length;
    if (process.platform === "linux") expect(synced()).toBe(1);
    else console.warn("MISSING: Linux: whether the descriptor syncs was not looked at");
    file.close();
    if (process.platform === "linux") expect(synced()).toBe(0);
  });

  test("reads what there is at the end of a file and nothing beyond", async () => {
    const file = disk.open(join(folder, "f"), "create");
    file.write(Buffer.from("abc"), 0);
    const into = new Uint8Array(8);
    expect(file.read(into, 1)).toBe(2);
    expect(await file.readAsync(into, 5)).toBe(0);
    file.close();
  });

  test("allocate() extends with zeros and keeps what is there", async () => {
    const file = disk.open(join(folder, "f"), "create");
    file.write(Buffer.from("abc"), 0);
    await file.allocate(3_000_000);
    expect(file.size()).toBe(3_000_000);
    const content = disk.readFile(file.path);
    expect(Buffer.from(content.subarray(0, 5)).toString()).toBe("abc\0\0");
    file.close();
  });

  test("errors carry a code, the path and what was tried", () => {
    const path = join(folder, "missing");
    expect(codeOf(() => disk.open(path, "read"))).toBe("NOT_FOUND");
    expect(() => disk.open(path, "read")).toThrow(`Cannot open ${path}`);
    disk.open(join(folder, "f"), "create").close();
    expect(codeOf(() => disk.open(join(folder, "f"), "create-new"))).toBe("ALREADY_EXISTS");
    expect(codeOf(() => disk.remove(path))).toBe("NOT_FOUND");
    expect(codeOf(() => disk.list(path))).toBe("NOT_FOUND");
  });

  test("removeAsync() and syncDirectoryAsync() do as the others, and fail with the same errors", async () => {
    const path = join(folder, "f");
    disk.open(path, "create").close();
    await disk.syncDirectoryAsync(folder);
    await disk.removeAsync(path);
    expect(disk.exists(path)).toBe(false);
    await expect(disk.removeAsync(path)).rejects.toMatchObject({ code: "NOT_FOUND", path });
    await expect(disk.syncDirectoryAsync(path)).rejects.toBeInstanceOf(DiskError);
  });

  test("new files are private to their owner", () => {
    disk.open(join(folder, "f"), "create").close();
    expect(execFileSync("stat", ["-c", "%a", join(folder, "f")], { encoding: "utf8" })).toBe(
      "600\n",
    );
  });
});

describe("DiskFile.lock()", () => {
  test("excludes another open file of this process and lets go at close", () => {
    const first = disk.open(join(folder, "f"), "create");
    const second = disk.open(join(folder, "f"), "write");
    first.lock("exclusive", 0);
    expect(codeOf(() => second.lock("exclusive", 0))).toBe("LOCKED");
    expect(codeOf(() => second.lock("shared", 50))).toBe("LOCKED");
    first.close();
    second.lock("exclusive", 0);
    second.close();
  });

  test("excludes another process and shares a shared lock", () => {
    const file = disk.open(join(folder, "f"), "create");
    file.lock("shared", 0);
    const tryLock = (kind: string): number => {
      try {
        execFileSync("flock", ["--nonblock", kind, file.path, "true"]);
        return 0;
      } catch (error) {
        return (error as { status: number }).status;
      }
    };
    expect(tryLock("--shared")).toBe(0);
    expect(tryLock("--exclusive")).toBe(1);
    file.close();
    expect(tryLock("--exclusive")).toBe(0);
  });
});

describe("makeDirectory()", () => {
  test("fails at once where nothing can be made, instead of asking for ever", () => {
    if (process.platform !== "linux")
      return console.warn("MISSING: Linux: there is no /proc to try");
    for (const path of ["/proc/nope", "/proc/nope/x", "/proc/nope/x/y/"]) {
      expect(codeOf(() => disk.makeDirectory(path))).toBe("NOT_FOUND");
    }
  });

  test("takes a link to a directory for one, and refuses a link that leads nowhere", () => {
    fs.mkdirSync(join(folder, "real"));
    fs.symlinkSync(join(folder, "real"), join(folder, "link"));
    disk.makeDirectory(join(folder, "link"));
    disk.makeDirectory(join(folder, "link/a/b/"));
    expect(fs.statSync(join(folder, "real/a/b")).mode & 0o777).toBe(0o700);
    fs.symlinkSync(join(folder, "gone"), join(folder, "dangling"));
    expect(codeOf(() => disk.makeDirectory(join(folder, "dangling")))).toBe("ALREADY_EXISTS");
    expect(codeOf(() => disk.makeDirectory(join(folder, "dangling/x")))).toBeDefined();
  });
});

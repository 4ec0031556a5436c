import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nodeDisk } from "@nodetcd/runtime/node";

/** What the calls of `node:fs` fail with, by name, and how often still. */
const faults = vi.hoisted(() => ({ code: "EINTR", left: new Map<string, number>() }));

vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const failing = (name: string, call: (...given: unknown[]) => unknown): unknown => {
    const isSync = name.endsWith("Sync");
    const faulty = (...given: unknown[]): unknown => {
      const left = faults.left.get(name) ?? 0;
      if (left === 0) return call(...given);
      faults.left.set(name, left - 1);
      const error = Object.assign(new Error(`${faults.code}: planted, ${name}`), {
        code: faults.code,
      });
      if (isSync) throw error;
      return setImmediate(given.at(-1) as (error: Error) => void, error);
    };
    // What `promisify` needs of the real one.
    return Object.defineProperties(faulty, Object.getOwnPropertyDescriptors(call));
  };
  const names = ["open", "read", "write", "writev", "fdatasync", "ftruncate"];
  const planted = [...names, "fsync", "mkdir", "rename", "unlink", "fstat"].flatMap((name) =>
    [name, `${name}Sync`].map((one) => [one, failing(one, Reflect.get(real, one))]),
  );
  return { ...real, ...Object.fromEntries(planted) };
});

let folder = "";
beforeEach(() => (folder = fs.mkdtempSync(join(tmpdir(), "interrupted-"))));
afterEach(() => {
  faults.left.clear();
  nodeDisk.removeTree(folder);
});

/** Makes each call of the file system in turn fail three times. */
function plant(code: string, ...names: string[]): void {
  faults.code = code;
  for (const name of names) faults.left.set(name, 3);
}

describe.each(["EINTR", "EAGAIN"])("%s", (code) => {
  test("says nothing of the disk: files are opened, written, read and synced all the same", async () => {
    plant(code, "open", "openSync", "read", "readSync", "write", "writeSync", "writev");
    plant(code, "fdatasync", "fdatasyncSync", "ftruncate", "ftruncateSync", "fstatSync");
    const file = await nodeDisk.openAsync(join(folder, "f"), "create-new");
    await file.writeAsync([Buffer.from("abc"), Buffer.from("def")], 0);
    await file.writeSynced([Buffer.from("ghi")], 6);
    file.write(Buffer.from("jkl"), 9);
    file.sync();
    await file.syncAsync();
    const into = Buffer.alloc(12);
    expect([file.read(into, 0), into.toString()]).toEqual([12, "abcdefghijkl"]);
    expect(await file.readAsync(into, 6)).toBe(6);
    file.truncate(11);
    await file.truncateAsync(10);
    expect(file.size()).toBe(10);
    file.close();
    const missed = [...faults.left].filter(([name, left]) => left > 0 && name !== "write");
    expect(missed).toEqual([]);
  });

  test("says nothing of names: made, renamed, removed and saved all the same", () => {
    plant(code, "mkdirSync", "renameSync", "unlinkSync", "fsyncSync");
    nodeDisk.makeDirectory(join(folder, "a/b"));
    nodeDisk.open(join(folder, "a/b/f"), "create-new").close();
    nodeDisk.rename(join(folder, "a/b/f"), join(folder, "a/b/g"));
    nodeDisk.remove(join(folder, "a/b/g"));
    nodeDisk.syncDirectory(join(folder, "a/b"));
    expect([...faults.left.values()]).toEqual([0, 0, 0, 0]);
  });
});

test("a call that never gets through fails in the end, and EIO at once", async () => {
  const file = nodeDisk.open(join(folder, "f"), "create-new");
  faults.code = "EINTR";
  faults.left.set("fdatasync", Infinity);
  await expect(file.syncAsync()).rejects.toMatchObject({ code: "IO_FAILED" });
  plant("EIO", "fdatasync");
  await expect(file.syncAsync()).rejects.toMatchObject({ code: "IO_FAILED" });
  expect(faults.left.get("fdatasync")).toBe(2);
  faults.left.clear();
  file.close();
});

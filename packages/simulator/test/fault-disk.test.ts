import { describe, expect, test } from "vitest";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);

describe("FaultDisk", () => {
  test("keeps what was synced and may lose what was not", () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new FaultDisk();
      const file = disk.open("/a", "create");
      file.write(text("saved"), 0);
      file.sync();
      file.write(text("LOST?"), 0);
      const found = disk.crash(new SeededRandom(seed)).readFile("/a");
      outcomes.add(Buffer.from(found).toString());
    }
    expect([...outcomes].toSorted()).toEqual(["LOST?", "saved"]);
  });

  test("restart() keeps all that was written, and what was not synced may still be lost", () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new FaultDisk();
      disk.open("/a", "create").write(text("x"), 0);
      const restarted = disk.restart();
      expect(restarted.size("/a")).toBe(1);
      outcomes.add(Buffer.from(restarted.crash(new SeededRandom(seed)).readFile("/a")).toString());
    }
    expect([...outcomes].toSorted()).toEqual(["", "x"]);
  });

  test("writeSynced() saves what it writes, whole, and nothing that was written before", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new FaultDisk();
      const file = disk.open("/a", "create");
      file.write(text("....."), 0);
      file.sync();
      file.write(text("ab"), 0);
      await file.writeSynced([text("x"), text("y")], 3);
      outcomes.add(Buffer.from(disk.crash(new SeededRandom(seed)).readFile("/a")).toString());
    }
    expect([...outcomes].toSorted()).toEqual(["...xy", "ab.xy"]);
  });

  test("saves what a write was given, whatever its buffer holds later", () => {
    const disk = new FaultDisk();
    const file = disk.open("/a", "create");
    const buffer = Buffer.from("first");
    file.write(buffer, 0);
    buffer.write("later");
    file.sync();
    const found = disk.crash(new SeededRandom(1)).readFile("/a");
    expect(Buffer.from(found).toString()).toBe("first");
  });

  test("may save a later write without an earlier one, and parts of one", () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const disk = new FaultDisk();
      const file = disk.open("/a", "create");
      file.write(new Uint8Array(2048), 0);
      file.sync();
      file.write(new Uint8Array(1024).fill(1), 0);
      file.write(new Uint8Array(1024).fill(2), 1024);
      const found = disk.crash(new SeededRandom(seed)).readFile("/a");
      outcomes.add([0, 512, 1024, 1536].map((offset) => found[offset]).join(""));
    }
    expect(outcomes).toContain("0022");
    expect(outcomes).toContain("0100");
  });

  test("crashAfter() stops every operation after the given number of changes", () => {
    const disk = new FaultDisk();
    const file = disk.open("/a", "create");
    disk.crashAfter(1);
    file.write(text("x"), 0);
    expect(() => file.sync()).toThrow(CrashError);
    expect(() => file.write(text("y"), 0)).toThrow(CrashError);
    expect(disk.restart().size("/a")).toBe(1);
  });

  test("crashAfter() may count the operations on some paths only", () => {
    const disk = new FaultDisk();
    const [a, b] = [disk.open("/a", "create"), disk.open("/b", "create")];
    disk.crashAfter(1, (path) => path === "/b");
    for (let i = 0; i < 5; i++) a.write(text("x"), i);
    b.write(text("x"), 0);
    a.sync();
    expect(() => b.sync()).toThrow(CrashError);
    expect(() => a.sync()).toThrow(CrashError);
  });

  test("refuses an exclusive lock while another file holds one", () => {
    const disk = new FaultDisk();
    const first = disk.open("/a", "create");
    const second = disk.open("/a", "write");
    first.lock("exclusive", 0);
    expect(() => second.lock("shared", 0)).toThrow(/open elsewhere/);
    first.close();
    second.lock("shared", 0);
  });

  test("fails with NO_SPACE beyond its capacity and keeps the content", () => {
    const disk = new FaultDisk();
    disk.faults.capacityBytes = 4;
    const file = disk.open("/a", "create");
    file.write(text("abcd"), 0);
    expect(() => file.write(text("e"), 4)).toThrow(/no space/);
    expect(disk.size("/a")).toBe(4);
  });

  test("renames and removes whole directories", () => {
    const disk = new FaultDisk();
    disk.makeDirectory("/d/e");
    disk.open("/d/e/f", "create").write(text("1"), 0);
    disk.rename("/d", "/g");
    expect(disk.list("/g/e")).toEqual([{ name: "f", kind: "file", size: 1 }]);
    disk.removeTree("/g");
    expect(disk.exists("/g/e/f")).toBe(false);
  });

  test("losesNames: a name survives from syncDirectory() on; before it, the first changes may", () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 100; seed++) {
      const disk = new FaultDisk({ losesNames: true });
      disk.makeDirectory("/d");
      disk.syncDirectory("/");
      disk.open("/d/a", "create").sync();
      disk.syncDirectory("/d");
      disk.open("/d/b", "create").sync();
      disk.rename("/d/a", "/d/c");
      disk.remove("/d/b");
      const found = disk.crash(new SeededRandom(seed)).list("/d");
      outcomes.add(found.map((entry) => entry.name).join(" "));
    }
    expect([...outcomes].toSorted()).toEqual(["a", "a b", "b c", "c"]);
  });

  test("losesNames: a directory that was never saved goes with all that is in it", () => {
    const outcomes = new Set<boolean>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new FaultDisk({ losesNames: true });
      disk.makeDirectory("/d");
      disk.open("/d/a", "create").sync();
      disk.syncDirectory("/d");
      outcomes.add(disk.crash(new SeededRandom(seed)).exists("/d/a"));
    }
    expect(outcomes).toEqual(new Set([false, true]));
  });

  test("losesNames: restart() keeps all names, and a later power cut may still take them", () => {
    const outcomes = new Set<boolean>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new FaultDisk({ losesNames: true });
      disk.open("/a", "create").sync();
      const restarted = disk.restart();
      expect(restarted.exists("/a")).toBe(true);
      outcomes.add(restarted.crash(new SeededRandom(seed)).exists("/a"));
    }
    expect(outcomes).toEqual(new Set([false, true]));
  });

  test("latency holds back the effect of an asynchronous write", async () => {
    const disk = new FaultDisk();
    const file = disk.open("/a", "create");
    let go = (): void => undefined;
    disk.latency = () => new Promise((resolve) => (go = resolve));
    const written = file.writeAsync([text("x")], 0);
    expect(disk.size("/a")).toBe(0);
    go();
    await written;
    expect(disk.size("/a")).toBe(1);
  });
});

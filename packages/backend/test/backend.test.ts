import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import {
  type Backend,
  type BackendOptions,
  type BackendRuntime,
  openBackend,
} from "../src/backend.ts";
import { FaultDisk } from "@nodetcd/simulator";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (found: Uint8Array | undefined): string | undefined =>
  found === undefined ? undefined : Buffer.from(found).toString();

let directory = "";
let backend: Backend;
const runtime: BackendRuntime = { clock: nodeClock, disk: nodeDisk };

function reopen(options?: BackendOptions): Backend {
  return openBackend(runtime, `${directory}/db`, options);
}

function all(bucket: "key" | "meta" = "key"): string[] {
  const found: string[] = [];
  backend.range(
    bucket,
    new Uint8Array(0),
    undefined,
    0,
    (k, v) => void found.push(`${text(k)}=${text(v)}`),
  );
  return found;
}

beforeEach(() => {
  directory = nodeDisk.makeTemporaryDirectory("backend-");
  backend = reopen();
});

afterEach(async () => {
  await backend.close();
  nodeDisk.removeTree(directory);
});

describe("Backend", () => {
  it("reads what was put before, during and after a commit", async () => {
    backend.put("key", bytes("a"), bytes("1"));
    expect(text(backend.get("key", bytes("a")))).toBe("1");
    const committed = backend.commit();
    backend.put("key", bytes("b"), bytes("2"));
    await nodeClock.yield();
    backend.put("key", bytes("a"), bytes("3"));
    backend.delete("key", bytes("b"));
    expect(all()).toEqual(["a=3"]);
    await committed;
    expect(all()).toEqual(["a=3"]);
    expect(backend.get("meta", bytes("a"))).toBeUndefined();
    await backend.close();
    backend = reopen();
    expect(all()).toEqual(["a=3"]);
  });

  it("commits by itself after the interval, and at once when the batch is full", async () => {
    await backend.close();
    backend = reopen({ batchIntervalMs: 30, batchLimit: 100 });
    backend.put("key", bytes("a"), bytes("1"));
    expect(backend.pendingChanges).toBe(1);
    await expect.poll(() => backend.pendingChanges).toBe(0);
    await backend.close();
    backend = reopen({ batchIntervalMs: 60_000, batchLimit: 100 });
    for (let i = 0; i < 100; i++) backend.put("key", bytes(`k${i}`), bytes("v"));
    await expect.poll(() => backend.pendingChanges).toBe(0);
  });

  it("commits together what was put in one synchronous stretch around commit()", async () => {
    backend.put("key", bytes("a"), bytes("1"));
    const committed = backend.commit();
    backend.put("key", bytes("b"), bytes("1"));
    await committed;
    expect(backend.pendingChanges).toBe(0);
  });

  it("asks for what belongs to a batch when it is cut", async () => {
    let index: number | undefined = 7;
    backend.onCommit(() => {
      if (index !== undefined) backend.put("meta", bytes("index"), bytes(String(index)));
    });
    backend.put("key", bytes("a"), bytes("1"));
    await backend.commit();
    index = 8;
    expect(all("meta")).toEqual(["index=7"]);
    index = undefined;
    await backend.close();
    backend = reopen();
    expect(all("meta")).toEqual(["index=7"]);
  });

  it("exchanges its file for another: what was not committed is dropped, readers of the old one end in peace", async () => {
    backend.put("key", bytes("a"), bytes("old"));
    const snapshot = await backend.openSnapshot();
    const other = openBackend(runtime, `${directory}/received`);
    other.put("key", bytes("b"), bytes("new"));
    await other.close();
    backend.put("key", bytes("c"), bytes("dropped"));
    const next = await backend.openOther(`${directory}/received`);
    expect(text(next.get("key", bytes("b")))).toBe("new");
    expect(all()).toEqual(["a=old", "c=dropped"]);
    let shown: string[] = [];
    await backend.exchange(next, () => (shown = all()));
    expect(shown).toEqual(["b=new"]);
    let size = 0;
    for await (const chunk of snapshot.read()) size += chunk.length;
    expect(size).toBe(snapshot.size);
    snapshot.close();
    backend.put("key", bytes("d"), bytes("later"));
    await backend.close();
    expect(nodeDisk.list(directory).map(({ name }) => name)).toEqual(["db"]);
    backend = reopen();
    expect(all()).toEqual(["b=new", "d=later"]);
  });

  it("exchange: a file that cannot be renamed leaves everything as it was", async () => {
    const other = openBackend(runtime, `${directory}/received`);
    await other.close();
    backend.put("key", bytes("a"), bytes("1"));
    const next = await backend.openOther(`${directory}/received`);
    nodeDisk.remove(`${directory}/received`);
    await expect(backend.exchange(next, () => undefined)).rejects.toThrow("received");
    await backend.close();
    backend = reopen();
    expect(all()).toEqual(["a=1"]);
  });

  it("refuses a visitor that changes it, and anything after close", async () => {
    backend.put("key", bytes("a"), bytes("1"));
    expect(() =>
      backend.range("key", new Uint8Array(0), undefined, 0, (key) => backend.delete("key", key)),
    ).toThrow("visitor");
    await backend.close();
    expect(() => backend.put("key", bytes("a"), bytes("1"))).toThrow("closed");
    await expect(backend.commit()).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("says when too much waits in memory, and when there is room again", async () => {
    const value = new Uint8Array(10);
    for (let i = 0; !backend.isOverloaded; i++)
      backend.put("key", bytes(String(i).padStart(9, "0")), value);
    expect(backend.pendingChanges).toBe(200_000);
    await backend.whenWritable();
    expect(backend.isOverloaded).toBe(false);
    await backend.whenWritable();
  });

  it("deletes unfinished copies when it is opened", async () => {
    await backend.close();
    nodeDisk.open(`${directory}/db.tmp.123`, "create").close();
    backend = reopen();
    expect(nodeDisk.list(directory).map((entry) => entry.name)).toEqual(["db"]);
  });

  it("counts pages: size, and size in use", async () => {
    for (let i = 0; i < 3000; i++) backend.put("key", bytes(`k${i}`), new Uint8Array(500));
    await backend.commit();
    const [size, used] = [backend.size(), backend.sizeInUse()];
    expect(size).toBeGreaterThan(1_500_000);
    expect(used).toBeLessThanOrEqual(size);
    for (let i = 0; i < 3000; i++) backend.delete("key", bytes(`k${i}`));
    await backend.commit();
    expect(backend.size()).toBeGreaterThanOrEqual(size);
    expect(backend.sizeInUse()).toBeLessThan(used / 10);
  });
});

describe("a failed commit", () => {
  for (const fault of ["failSyncAfter", "failWriteAfter"] as const) {
    it(`poisons the backend: ${fault}`, async () => {
      const disk = new FaultDisk();
      let failure: Error | undefined;
      const failing = openBackend({ clock: nodeClock, disk }, "/db", {
        onFailure: (error) => (failure = error),
      });
      failing.put("key", bytes("a"), bytes("1"));
      await failing.commit();
      disk.faults[fault] = 1;
      failing.put("key", bytes("b"), bytes("2"));
      await expect(failing.commit()).rejects.toMatchObject({ code: "FAILED" });
      expect(failing.failure).toBe(failure);
      expect(failure?.message).toContain("simulated failure");
      expect(() => failing.put("key", bytes("c"), bytes("3"))).toThrow("cannot be used");
      await expect(failing.commit()).rejects.toMatchObject({ code: "FAILED" });
      await expect(failing.whenWritable()).resolves.toBeUndefined();
      await expect(failing.close()).rejects.toMatchObject({ code: "FAILED" });
      const again = openBackend({ clock: nodeClock, disk: disk.restart() }, "/db");
      expect(text(again.get("key", bytes("a")))).toBe("1");
      await again.close();
    });
  }
});

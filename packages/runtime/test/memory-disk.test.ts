import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Disk, DiskError, type DiskFile, type OpenMode } from "@nodetcd/runtime";
import { MemoryDisk } from "@nodetcd/runtime/memory";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { SeededRandom } from "@nodetcd/simulator";

const SEED = Number(process.env["SEED"] ?? 1);
const PATHS = ["a", "b", "d", "d/a", "d/e", "d/e/f", "x/y"];
const hash = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const MODES: readonly OpenMode[] = ["read", "write", "create", "create-new"];

/** What an operation answers, or the code of its error. */
async function answerOf(work: () => unknown): Promise<unknown> {
  try {
    const answer = await work();
    return answer instanceof Uint8Array ? hash(answer) : answer;
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}

/** Plays a program that follows from the seed, and says what each step answered. */
async function play(disk: Disk, folder: string, seed: number, steps: number): Promise<string[]> {
  const random = new SeededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const path = (): string => join(folder, pick(PATHS));
  const bytes = (): Uint8Array =>
    Buffer.alloc(random.below(40_000), String.fromCharCode(97 + random.below(26)));
  const answers: string[] = [];
  let open: DiskFile | undefined;
  for (let step = 0; step < steps; step++) {
    const operations: Record<string, () => unknown> = {
      open: () => {
        const [where, mode] = [path(), pick(MODES)];
        // POSIX opens a directory to be read, and then nothing can be read.
        if (mode === "read") disk.readFile(where);
        const next = disk.open(where, mode);
        open?.close();
        open = next;
      },
      write: () => open?.write(bytes(), random.below(60_000)),
      writeAsync: () => open?.writeAsync([bytes(), bytes()], random.below(60_000)),
      truncate: () => open?.truncate(random.below(60_000)),
      allocate: () => open?.allocate(random.below(90_000)),
      read: () => {
        const into = new Uint8Array(random.below(50_000)).fill(7);
        const count = open?.read(into, random.below(60_000));
        return [count, hash(into)];
      },
      size: () => open?.size(),
      list: () => disk.list(path()),
      exists: () => disk.exists(path()),
      // What a directory measures is the file system's own affair.
      sizeOf: () => {
        const file = path();
        return disk.readFile(file).length === disk.size(file);
      },
      makeDirectory: () => disk.makeDirectory(path()),
      remove: () => disk.remove(join(folder, pick(["a", "b", "d/a", "d/e/f"]))),
      removeTree: () => disk.removeTree(join(folder, pick(["a", "d", "x"]))),
      rename: () => disk.rename(join(folder, pick(["a", "d/a", "x"])), path()),
      readFile: () => disk.readFile(path()),
      syncDirectory: () => disk.syncDirectory(join(folder, pick(["x", "q"]))),
    };
    const name = pick(Object.keys(operations));
    answers.push(`${name} ${JSON.stringify(await answerOf(operations[name]!))}`);
  }
  open?.close();
  return answers;
}

test(`MemoryDisk: answers random programs as the real disk does (SEED=${SEED})`, async () => {
  for (let seed = SEED; seed < SEED + 40; seed++) {
    const folder = nodeDisk.makeTemporaryDirectory("memory-disk-");
    try {
      const memory = new MemoryDisk(nodeClock);
      memory.makeDirectory(folder);
      const expected = await play(nodeDisk, folder, seed, 60);
      expect(await play(memory, folder, seed, 60), `seed ${seed}`).toEqual(expected);
    } finally {
      nodeDisk.removeTree(folder);
    }
  }
});

test("MemoryDisk: a lock keeps other open files out until close, shared ones let each other in", () => {
  const disk = new MemoryDisk(nodeClock);
  const [a, b, c] = [1, 2, 3].map(() => disk.open("/f", "create"));
  a!.lock("exclusive", 0);
  expect(() => b!.lock("shared", 0)).toThrow("open elsewhere");
  a!.close();
  b!.lock("shared", 0);
  c!.lock("shared", 0);
  expect(() => c!.lock("exclusive", 0)).toThrow(DiskError);
  b!.close();
  c!.lock("exclusive", 0);
});

test("MemoryDisk: a loop of writes lets timers run, and `latency` slows it", async () => {
  const disk = new MemoryDisk(nodeClock);
  const file = disk.open("/f", "create");
  let isOver = false;
  setTimeout(() => (isOver = true), 1);
  while (!isOver) await file.writeSynced([Buffer.from("x")], 0);
  let waited = 0;
  disk.latency = async () => void waited++;
  await file.writeAsync([Buffer.from("x")], 0);
  await file.syncAsync();
  expect(waited).toBe(2);
});

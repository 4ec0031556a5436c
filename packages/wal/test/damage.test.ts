import { describe, expect, it } from "vitest";
import { FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { createWal, openWal, readLog, readValidSnapshots, WalError } from "../src/wal.ts";
import { appendAll, entries, entry, FROM_START, inMemory, METADATA } from "./helpers.ts";
import { overwrite, plain, randomEntry, seedOf, state } from "./helpers.ts";

const DIRECTORY = "/data/wal";
const FIRST = `${DIRECTORY}/0000000000000000-0000000000000000.wal`;
const SMALL = { segmentBytes: 8192 };

/** A log of one segment: entries 1 to `count`, the last one with `lastData`. */
async function logBytes(
  count: number,
  lastData: Uint8Array,
): Promise<{ bytes: Buffer; end: number; lastAt: number }> {
  const runtime = inMemory();
  const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
  await wal.append(state(1, 0), []);
  await appendAll(wal, entries(1, count - 1));
  const lastAt = await endOf(runtime.disk);
  await wal.append(undefined, [entry(count, 1, lastData)]);
  await wal.close();
  return {
    bytes: Buffer.from(runtime.disk.readFile(FIRST)),
    end: await endOf(runtime.disk),
    lastAt,
  };
}

async function endOf(disk: FaultDisk): Promise<number> {
  return (await readLog(disk, DIRECTORY, FROM_START)).tail.end;
}

/** A disk whose log is one segment with these bytes. */
function diskWith(bytes: Uint8Array) {
  const runtime = inMemory();
  runtime.disk.makeDirectory(DIRECTORY);
  overwrite(runtime.disk, FIRST, bytes);
  return runtime;
}

describe("torn tail", () => {
  // Eight lengths in a row: records with every possible padding.
  it.each([700, 20, 21, 22, 23, 24, 25, 26, 27])(
    "at every byte of a last record of %i bytes leaves all earlier ones, and the log goes on",
    async (length) => {
      const { bytes, end, lastAt } = await logBytes(6, Buffer.alloc(length, 0xab));
      expect(end - lastAt).toBeGreaterThan(length);
      for (let cut = lastAt; cut < end; cut++) {
        const runtime = diskWith(bytes.subarray(0, cut));
        const opened = await openWal(runtime, DIRECTORY, FROM_START, SMALL);
        expect(plain(opened.entries)).toEqual(plain(entries(1, 5)));
        await opened.wal.append(state(2, 5), entries(6, 7, 2));
        await opened.wal.close();
        const again = await readLog(runtime.disk, DIRECTORY, FROM_START);
        expect(plain(again.entries)).toEqual(plain([...entries(1, 5), ...entries(6, 7, 2)]));
        expect(runtime.disk.exists(`${FIRST}.broken`)).toBe(cut > lastAt);
        if (cut > lastAt) {
          expect(Buffer.from(runtime.disk.readFile(`${FIRST}.broken`))).toEqual(
            bytes.subarray(0, cut),
          );
        }
      }
    },
  );

  it("with any one sector of the last record unwritten leaves all earlier ones", async () => {
    const { bytes, end, lastAt } = await logBytes(6, Buffer.alloc(3000, 0xab));
    const firstSector = Math.floor(lastAt / 512);
    for (let sector = firstSector; sector * 512 < end; sector++) {
      const damaged = Buffer.from(bytes);
      damaged.fill(0, Math.max(lastAt, sector * 512), (sector + 1) * 512);
      const runtime = diskWith(damaged);
      const opened = await openWal(runtime, DIRECTORY, FROM_START, SMALL);
      expect(plain(opened.entries)).toEqual(plain(entries(1, 5)));
      await opened.wal.append(undefined, entries(6, 6, 9));
      await opened.wal.close();
      const again = await readLog(runtime.disk, DIRECTORY, FROM_START);
      expect(plain(again.entries)).toEqual(plain([...entries(1, 5), ...entries(6, 6, 9)]));
      const after = Buffer.from(runtime.disk.readFile(FIRST)).subarray(again.tail.end);
      expect(after.every((byte) => byte === 0)).toBe(true);
    }
  });

  it("of a segment that is not the last is corruption", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await appendAll(
      wal,
      Array.from({ length: 40 }, (_, i) => entry(i + 1, 1, Buffer.alloc(500, 1))),
    );
    await wal.close();
    const bytes = runtime.disk.readFile(FIRST);
    overwrite(runtime.disk, FIRST, bytes.subarray(0, bytes.length - 100));
    await expect(openWal(runtime, DIRECTORY, FROM_START, SMALL)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining("the file ends inside this record"),
    });
  });
});

describe("corruption", () => {
  it("by any flipped bit is refused with file and offset, and nothing is changed", async () => {
    const { bytes, end, lastAt } = await logBytes(4, Buffer.from("the last entry"));
    let refused = 0;
    for (let at = 0; at < end; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const runtime = diskWith(damaged);
        try {
          // Padding is covered by no checksum, and what it says does not matter.
          const { entries: found } = await readLog(runtime.disk, DIRECTORY, FROM_START);
          expect(plain(found).length).toBe(4);
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(WalError);
          const { code, message } = error as WalError;
          expect(message).toMatch(/Nothing was changed/);
          expect(message).toContain(FIRST);
          // No checksum covers the type: an entry that claims to be metadata is foreign metadata.
          if (code !== "METADATA_CONFLICT") expect(code).toBe("CORRUPT");
          if (code === "CORRUPT") expect(message).toMatch(/is corrupt at offset \d+: /);
          await expect(openWal(runtime, DIRECTORY, FROM_START, SMALL)).rejects.toThrow(WalError);
          expect(runtime.disk.list(DIRECTORY).length).toBe(1);
          expect(Buffer.from(runtime.disk.readFile(FIRST)).equals(damaged)).toBe(true);
        }
      }
    }
    expect(refused).toBeGreaterThan((lastAt * 8) / 2);
  });

  it("of a length field to zero does not hide what follows", async () => {
    const { bytes } = await logBytes(6, Buffer.from("last"));
    const { offsets } = await recordOffsets(bytes);
    for (const offset of offsets) {
      if ((offset + 8) % 512 === 0) continue;
      const damaged = Buffer.from(bytes);
      damaged.fill(0, offset, offset + 8);
      const reading = readLog(diskWith(damaged).disk, DIRECTORY, FROM_START);
      await expect(reading).rejects.toMatchObject({ code: "CORRUPT" });
    }
  });

  it("between segments is found by the chain of checksums", async () => {
    const runtime = inMemory();
    const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
    await appendAll(
      wal,
      Array.from({ length: 40 }, (_, i) => entry(i + 1, 1, Buffer.alloc(500, 1))),
    );
    await wal.close();
    const other = inMemory();
    const otherWal = await createWal(other, DIRECTORY, METADATA, SMALL);
    await appendAll(
      otherWal,
      Array.from({ length: 40 }, (_, i) => entry(i + 1, 1, Buffer.alloc(500, 2))),
    );
    await otherWal.close();
    const second = runtime.disk.list(DIRECTORY)[1]?.name ?? "";
    overwrite(
      runtime.disk,
      `${DIRECTORY}/${second}`,
      other.disk.readFile(`${DIRECTORY}/${second}`),
    );
    await expect(openWal(runtime, DIRECTORY, FROM_START, SMALL)).rejects.toMatchObject({
      code: "CORRUPT",
      message: expect.stringContaining(`${second} is corrupt at offset 0`),
    });
  });
});

describe("decoder", () => {
  it(
    "answers or refuses any mutation of a log, and never changes what it read",
    { timeout: 60_000 },
    async () => {
      const random = new SeededRandom(seedOf("decoder fuzz"));
      const runtime = inMemory();
      const wal = await createWal(runtime, DIRECTORY, METADATA, SMALL);
      await appendAll(
        wal,
        Array.from({ length: 30 }, (_, i) => randomEntry(random, i + 1, 1)),
      );
      await wal.close();
      const files = runtime.disk
        .list(DIRECTORY)
        .map(({ name }) => ({ name, bytes: runtime.disk.readFile(`${DIRECTORY}/${name}`) }));
      const outcomes = new Map<string, number>();
      for (let round = 0; round < 1500; round++) {
        const damaged = inMemory();
        damaged.disk.makeDirectory(DIRECTORY);
        const victim = random.below(files.length);
        for (const [i, { name, bytes }] of files.entries()) {
          overwrite(
            damaged.disk,
            `${DIRECTORY}/${name}`,
            i === victim ? mutate(random, bytes) : bytes,
          );
        }
        let outcome: string;
        try {
          const { wal: opened, entries: found } = await openWal(
            damaged,
            DIRECTORY,
            FROM_START,
            SMALL,
          );
          found.forEach((e, i) => expect(e.index).toBe(i + 1));
          await opened.close();
          outcome = "opened";
        } catch (error) {
          expect(error).toBeInstanceOf(WalError);
          outcome = (error as WalError).code;
        }
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        try {
          readValidSnapshots(damaged.disk, DIRECTORY);
        } catch (error) {
          expect(error).toBeInstanceOf(WalError);
        }
      }
      expect(outcomes.get("opened") ?? 0).toBeGreaterThan(0);
      expect(outcomes.get("CORRUPT") ?? 0).toBeGreaterThan(0);
    },
  );
});

/** Where the records of a segment begin. */
async function recordOffsets(bytes: Buffer): Promise<{ offsets: number[] }> {
  const offsets: number[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length === 0) break;
    offsets.push(at);
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return { offsets };
}

function mutate(random: SeededRandom, original: Uint8Array): Uint8Array {
  let bytes = original.slice();
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(Math.max(1, bytes.length));
    const length = Math.min(bytes.length - at, 1 + random.below(random.chance(0.5) ? 16 : 2000));
    switch (random.below(5)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes.fill(0, at, at + length);
        break;
      case 2:
        bytes.set(random.bytes(length), at);
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      default:
        bytes.copyWithin(at, random.below(Math.max(1, bytes.length)), at + length);
    }
  }
  return bytes;
}

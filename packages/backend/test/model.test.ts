import { describe, expect, it } from "vitest";
import { CrashError, FaultDisk, SeededRandom } from "@nodetcd/simulator";
import { type Backend, BUCKETS, type BucketName, openBackend } from "../src/backend.ts";
import { hex, NaiveMap, pairText, seedOf, turnClock, withSlowSyncs } from "./helpers.ts";

const NAMES = [BUCKETS.key, BUCKETS.meta, BUCKETS.membersRemoved];
type Model = Map<BucketName, NaiveMap>;

function emptyModel(): Model {
  return new Map(NAMES.map((name) => [name, new NaiveMap()]));
}

function copyOf(model: Model): Model {
  return new Map(Array.from(model, ([name, map]) => [name, map.copy()]));
}

function contents(backend: Backend): string[] {
  return NAMES.flatMap((name) => {
    const found: string[] = [];
    backend.range(name, new Uint8Array(0), undefined, 0, (k, v) => void found.push(pairText(k, v)));
    return found.map((pair) => `${name}/${pair}`);
  });
}

function modelContents(model: Model): string[] {
  return NAMES.flatMap((name) =>
    model
      .get(name)!
      .range(new Uint8Array(0), undefined, 0)
      .map((pair) => `${name}/${pair}`),
  );
}

function randomKey(random: SeededRandom): Uint8Array {
  return random.bytes(1 + random.below(2)).map((byte) => byte & 31);
}

function randomChange(random: SeededRandom, backend: Backend, model: Model): void {
  const name = random.pick(NAMES);
  const key = randomKey(random);
  if (random.chance(0.3)) {
    backend.delete(name, key);
    model.get(name)!.set(key, undefined);
  } else {
    const value = random.bytes(random.chance(0.05) ? 5000 : random.below(30));
    backend.put(name, key, value);
    model.get(name)!.set(key, value);
  }
}

function checkRead(random: SeededRandom, backend: Backend, model: Model): void {
  const name = random.pick(NAMES);
  const naive = model.get(name)!;
  const key = randomKey(random);
  const found = backend.get(name, key);
  expect(found === undefined ? undefined : hex(found)).toBe(naive.get(key));
  const end = random.chance(0.3) ? undefined : randomKey(random);
  const limit = random.below(6);
  const pairs: string[] = [];
  backend.range(name, key, end, limit, (k, v) => void pairs.push(pairText(k, v)));
  expect(pairs).toEqual(naive.range(key, end, limit));
}

describe("Backend against a sorted map", () => {
  it(
    "answers the same in any program of changes, reads, commits, defragmentations and reopenings",
    { timeout: 60_000 },
    async () => {
      const seed = seedOf("backend model");
      for (let program = 0; program < 25; program++) {
        const random = new SeededRandom(seed + program);
        let disk = withSlowSyncs(new FaultDisk());
        const open = (): Backend =>
          openBackend({ clock: turnClock, disk }, "/db", {
            batchLimit: 1 + random.below(60),
            batchIntervalMs: 5,
            defragmentRecords: 1 + random.below(20),
          });
        let backend = open();
        const model = emptyModel();
        const background: Promise<unknown>[] = [];
        for (let step = 0; step < 300; step++) {
          const what = random.below(100);
          if (what < 60) randomChange(random, backend, model);
          else if (what < 85) checkRead(random, backend, model);
          else if (what < 90) background.push(backend.commit());
          else if (what < 96) await turnClock.yield();
          else if (what < 98) background.push(backend.defragment().catch(expectBusy));
          else {
            await Promise.all(background.splice(0));
            await backend.close();
            disk = withSlowSyncs(disk.restart());
            backend = open();
          }
        }
        await Promise.all(background);
        expect(contents(backend)).toEqual(modelContents(model));
        await backend.close();
      }
    },
  );
});

describe("Backend after a power cut", () => {
  it(
    "holds exactly a prefix of the batches, and all that was committed",
    { timeout: 120_000 },
    async () => {
      const seed = seedOf("backend crash");
      let crashes = 0;
      for (let round = 0; round < 80; round++) {
        const random = new SeededRandom(seed + round);
        let disk = withSlowSyncs(new FaultDisk());
        let known = emptyModel();
        for (let life = 0; life < 4; life++) {
          disk.crashAfter(life === 3 ? Infinity : random.below(120));
          // States between synchronous stretches: a batch ends at one of them. The first is on disk for certain.
          let states = [modelContents(known)];
          const models = [known];
          let defragmenting: Promise<void> = Promise.resolve();
          try {
            const backend = openBackend({ clock: turnClock, disk }, "/db", {
              batchLimit: 1 + random.below(40),
              batchIntervalMs: 2,
              defragmentRecords: 1 + random.below(20),
            });
            expect(contents(backend)).toEqual(states[0]);
            const model = copyOf(known);
            for (let stretch = 0; stretch < 30; stretch++) {
              for (let n = 1 + random.below(10); n > 0; n--) randomChange(random, backend, model);
              states.push(modelContents(model));
              models.push(copyOf(model));
              if (random.chance(0.2)) {
                const before = states.length - 1;
                await backend.commit();
                states = states.slice(before);
                models.splice(0, before);
              } else if (random.chance(0.05)) await backend.defragment().catch(expectBusyOrCrash);
              else if (random.chance(0.1))
                defragmenting = backend.defragment().catch(() => undefined);
              else if (random.chance(0.4)) await turnClock.yield();
            }
            await backend.close();
            await defragmenting;
            states = states.slice(-1);
            models.splice(0, models.length - 1);
            disk = withSlowSyncs(disk.restart());
          } catch (error) {
            if (!isCrash(error))
              throw new Error(`SEED=${seed + round} life ${life}`, { cause: error });
            crashes++;
            disk = withSlowSyncs(disk.crash(random));
          }
          const survivor = openBackend({ clock: turnClock, disk }, "/db");
          const found = JSON.stringify(contents(survivor));
          const at = states.findLastIndex((state) => JSON.stringify(state) === found);
          if (at < 0)
            throw new Error(`SEED=${seed + round} life ${life}: no batch ended like that`);
          known = models[at] ?? emptyModel();
          await survivor.close();
          disk = withSlowSyncs(disk.restart());
        }
      }
      expect(crashes).toBeGreaterThan(30);
    },
  );
});

function expectBusy(error: unknown): void {
  expect(error).toMatchObject({ code: "BUSY" });
}

function expectBusyOrCrash(error: unknown): void {
  if (isCrash(error)) throw error;
  expectBusy(error);
}

function isCrash(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof CrashError) return true;
  return false;
}

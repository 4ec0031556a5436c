import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ByteSource, SnapshotError } from "../web/src/snapshot/pages.ts";
import { Snapshot } from "../web/src/snapshot/snapshot.ts";
import { etcdBinary, type RealEtcd, startEtcd } from "./support/etcd.ts";

const binary = etcdBinary();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const sourceOf = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (from, to) => bytes.slice(from, to),
});

describe.skipIf(binary === undefined)("Snapshot of a real etcd", () => {
  let etcd: RealEtcd;
  let file: Uint8Array;
  let revision: number;

  beforeAll(async () => {
    etcd = await startEtcd(binary!);
    const client = new Client({ runtime: nodeRuntime, endpoints: [etcd.endpoint] });
    for (let at = 0; at < 2_000; at++)
      await client.put(`/many/${at}`, `value ${at % 7} `.repeat(20));
    await client.put("/big", "x".repeat(400_000));
    await client.put(Uint8Array.of(0, 255), Uint8Array.of(1, 2));
    await client.put("/changed", "old");
    await client.put("/changed", "new");
    await client.put("/gone", "x");
    await client.delete("/gone");
    ({ revision } = await client.put("/straße", "ß"));
    const chunks: Uint8Array[] = [];
    for await (const chunk of client.maintenance.snapshot()) chunks.push(chunk);
    file = Buffer.concat(chunks);
    client.close();
  });
  afterAll(() => etcd?.stop());

  test("has every key that is there, with its newest value, and none that was deleted", async () => {
    const snapshot = await Snapshot.open(sourceOf(file), () => undefined);
    expect(snapshot.keys).toHaveLength(2_004);
    expect(snapshot.revision).toBe(revision);
    expect(text((await snapshot.get(Buffer.from("/changed")))!.value)).toBe("new");
    expect((await snapshot.get(Buffer.from("/changed")))!.version).toBe(2n);
    expect((await snapshot.get(Buffer.from("/big")))!.value).toHaveLength(400_000);
    expect([...(await snapshot.get(Uint8Array.of(0, 255)))!.value]).toEqual([1, 2]);
    expect(await snapshot.get(Buffer.from("/gone"))).toBeUndefined();
    for (let at = 0; at < 2_000; at += 97) {
      const found = await snapshot.get(Buffer.from(`/many/${at}`));
      expect(text(found!.value)).toBe(`value ${at % 7} `.repeat(20));
    }
  });

  test("search: all words, letters beyond ASCII, no more than asked for", async () => {
    const snapshot = await Snapshot.open(sourceOf(file), () => undefined);
    expect(snapshot.search("straße", 10).map(text)).toEqual(["/straße"]);
    expect(snapshot.search("many 199", 200)).toHaveLength(12);
    expect(snapshot.search("", 3)).toHaveLength(3);
  });

  test("one sound meta page is enough; cut off or damaged anywhere it says so, or has what it had", async () => {
    const oneMeta = Uint8Array.from(file);
    oneMeta.fill(0, 0, 100);
    expect((await Snapshot.open(sourceOf(oneMeta), () => undefined)).keys.length).toBeGreaterThan(
      0,
    );
    await expect(Snapshot.open(sourceOf(new Uint8Array(9_000)), () => undefined)).rejects.toThrow(
      SnapshotError,
    );
    const half = file.slice(0, file.length >> 1);
    await expect(Snapshot.open(sourceOf(half), () => undefined)).rejects.toThrow(SnapshotError);
    for (let seed = 1; seed <= 60; seed++) {
      const damaged = Uint8Array.from(file);
      const at = 8_192 + ((seed * 2_654_435_761) % (damaged.length - 8_192));
      damaged.fill(seed, at, at + 8);
      await Snapshot.open(sourceOf(damaged), () => undefined).catch((error: unknown) => {
        if (!(error instanceof SnapshotError)) throw error;
      });
    }
  });
});

import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, op, type RestoreChange, type Version } from "../src/client.ts";

/** History, differences, restores and pins. At every server. */
export function historySuite(
  name: string,
  start: () => Promise<{ readonly endpoint: string; stop(): Promise<void> }>,
): void {
  describe(`history at ${name}`, () => {
    let target: Awaited<ReturnType<typeof start>>;
    let client: Client;
    let unique = 0;
    const fresh = (): string => `h${unique++}/`;
    beforeAll(async () => {
      target = await start();
      client = new Client({ runtime: nodeRuntime, endpoints: target.endpoint });
    });
    afterAll(async () => {
      client.close();
      await client.closed;
      await target.stop();
    });

    const show = ({ kind, keyValue }: Version): string =>
      kind === "delete"
        ? `delete ${keyValue.keyText()}`
        : `${kind} ${keyValue.keyText()}=${keyValue.text()}`;
    const all = async (...args: Parameters<Client["history"]>): Promise<string[]> => {
      const seen: string[] = [];
      for await (const version of client.history(...args)) seen.push(show(version));
      return seen;
    };

    it("history() tells every version, deletions and new beginnings included", async () => {
      const k = `${fresh()}k`;
      await client.put(k, "1");
      const { revision: from } = await client.put(k, "2");
      const { revision: to } = await client.delete(k);
      await client.put(k, "3");
      const whole = [`create ${k}=1`, `update ${k}=2`, `delete ${k}`, `create ${k}=3`];
      expect(await all(k)).toEqual(whole);
      expect(await all(k, { from, to })).toEqual(whole.slice(1, 3));
      expect(await all(`${k}-none`)).toEqual([]);
      await client.delete(k);
      expect(await all(k)).toEqual([...whole, `delete ${k}`]);
    });

    it("history() begins with what was there when history was compacted", async () => {
      const p = fresh();
      await client.put(`${p}a`, "1");
      await client.put(`${p}a`, "2");
      const { revision } = await client.put(`${p}b`, "1");
      await client.put(`${p}a`, "3");
      await client.compact(revision);
      expect(await all(`${p}a`)).toEqual([`update ${p}a=2`, `update ${p}a=3`]);
      await client.delete(`${p}b`);
      expect(await all(p, { prefix: true })).toEqual([
        `update ${p}a=2`,
        `create ${p}b=1`,
        `update ${p}a=3`,
        `delete ${p}b`,
      ]);
    });

    it("history() of a key that was deleted before it was compacted is empty", async () => {
      const k = `${fresh()}k`;
      await client.put(k, "1");
      await client.delete(k);
      const { revision } = await client.put(`${k}-other`, "1");
      await client.compact(revision);
      expect(await all(k)).toEqual([]);
    });

    it("diff() tells what was created, changed and deleted, and what was only touched if asked", async () => {
      const p = fresh();
      await client.put(`${p}gone`, "1");
      await client.put(`${p}same`, "1");
      await client.put(`${p}touched`, "1");
      const { revision } = await client.put(`${p}changed`, "1");
      await client.put(`${p}new`, "1");
      await client.put(`${p}changed`, "2");
      await client.put(`${p}touched`, "1");
      await client.delete(`${p}gone`);
      const tell = async (from: number, to: number, touched = false): Promise<string[]> => {
        const told: string[] = [];
        for await (const { kind, key, before, after } of client.diff(p, from, to, { touched })) {
          const name = Buffer.from(key).toString().slice(p.length);
          told.push(`${kind} ${name} ${before?.text() ?? "-"} ${after?.text() ?? "-"}`);
        }
        return told;
      };
      const there = ["changed changed 1 2", "deleted gone 1 -", "created new - 1"];
      expect(await tell(revision, 0)).toEqual(there);
      expect(await tell(revision, 0, true)).toEqual([...there, "changed touched 1 1"]);
      const { revision: now } = await client.range(p, { countOnly: true });
      expect(await tell(now, revision)).toEqual([
        "changed changed 2 1",
        "created gone - 1",
        "deleted new 1 -",
      ]);
    });

    it("restore() brings 10,000 keys back while somebody writes there, and the conflicts are the right ones", async () => {
      const p = fresh();
      const name = (i: number): string => `${p}${String(i).padStart(5, "0")}`;
      for (let i = 0; i < 10_000; i += 100) {
        const puts = Array.from({ length: 100 }, (_, j) => op.put(name(i + j), `old ${i + j}`));
        await client
          .txn()
          .then(...puts)
          .commit();
      }
      const { revision } = await client.range(p, { countOnly: true });
      for (let i = 0; i < 10_000; i += 1_000) {
        const numbers = Array.from({ length: 100 }, (_, j) => i + j * 10);
        await client
          .txn()
          .then(...numbers.map((n) => op.delete(name(n))))
          .commit();
        await client
          .txn()
          .then(...numbers.map((n) => op.put(name(n + 1), "new")))
          .commit();
      }
      await client.put(`${p}later`, "later");

      const plan = await client.restore(p, revision);
      expect(plan.changes).toHaveLength(2_001);
      expect(plan.changes.filter(({ target }) => target === undefined)).toHaveLength(1);
      // Nothing has changed yet.
      expect((await client.range(p, { prefix: true, countOnly: true })).count).toBe(9_001);

      // A writer, before and during: deleted keys come anew, overwritten ones are written again, new ones come.
      const written = new Map<string, string>();
      const write = async (n: number): Promise<void> => {
        const value = `writer ${n}`;
        await client.put(name(n), value);
        written.set(name(n), value);
      };
      for (const n of [0, 11, 500, 501, 5_000, 9_991]) await write(n);
      let stop = false;
      const writer = (async () => {
        for (let n = 9_990; !stop && n > 0; n -= 70) {
          await write(n);
          await client.put(`${p}after-${n}`, "after");
        }
      })();
      const progress: number[] = [];
      const result = await plan.apply({ onProgress: ({ done }) => progress.push(done) });
      stop = true;
      await writer;

      expect(result).toMatchObject({ complete: true, remaining: [], error: undefined });
      expect(progress.at(-1)).toBe(2_001);
      const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
      const conflicts = new Set(result.conflicts.map(({ change }) => text(change.key)));
      expect(result.restored + result.deleted + conflicts.size).toBe(2_001);
      for (const n of [0, 11, 500, 501, 5_000, 9_991]) expect(conflicts).toContain(name(n));
      const now = new Map<string, string>();
      for await (const entry of client.entries(p, { prefix: true })) {
        now.set(entry.keyText(), entry.text());
      }
      // Each key: what the writer wrote, if he did; what it was, otherwise. Who is a conflict the writer wrote.
      for (const key of conflicts) expect(written.has(key)).toBe(true);
      for (let i = 0; i < 10_000; i++) {
        expect(now.get(name(i))).toBe(written.get(name(i)) ?? `old ${i}`);
      }
      expect(now.has(`${p}later`)).toBe(false);
      for (const { change, found } of result.conflicts) {
        expect(found?.text()).toBe(written.get(text(change.key)));
        expect(found?.modRevision).not.toBe(change.expected);
      }
    });

    it("restore() keeps a lease that lives, and skips keys whose lease has ended, or drops it if told", async () => {
      const p = fresh();
      const [short, long] = [await client.leases.grant(60), await client.leases.grant(60)];
      await client.put(`${p}ended`, "1", { lease: short });
      const { revision } = await client.put(`${p}lives`, "1", { lease: long });
      await short.revoke();
      await client.delete(`${p}lives`);
      const plan = await client.restore(p, revision);
      expect(plan.skipped.map((entry) => entry.keyText())).toEqual([`${p}ended`]);
      expect(await plan.apply()).toMatchObject({ complete: true, restored: 1 });
      expect((await client.get(`${p}lives`))?.lease).toBe(long.id);
      const dropping = await client.restore(p, revision, { endedLeases: "drop" });
      expect(await dropping.apply()).toMatchObject({ complete: true, restored: 1 });
      expect(await client.get(`${p}ended`)).toMatchObject({ lease: 0n });
      await long.revoke();
    });

    it("apply() that is stopped says what is left, and can be applied again", async () => {
      const p = fresh();
      const keys = Array.from({ length: 30 }, (_, i) => `${p}${String(i).padStart(2, "0")}`);
      await client
        .txn()
        .then(...keys.map((key) => op.put(key, "old")))
        .commit();
      const { revision } = await client.range(p, { countOnly: true });
      await client.delete(p, { prefix: true });
      const plan = await client.restore(p, revision);
      const controller = new AbortController();
      const first = await plan.apply({
        batchKeys: 10,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      expect(first).toMatchObject({ complete: false, restored: 10, error: { code: "CANCELLED" } });
      expect(first.remaining).toEqual(plan.changes.slice(10) as RestoreChange[]);
      const second = await plan.apply();
      expect(second).toMatchObject({ complete: true, conflicts: [], restored: 30 });
      expect((await client.range(p, { prefix: true, countOnly: true })).count).toBe(30);
    });

    it("pin() holds a revision by a key with a lease, within its bound", async () => {
      const { revision } = await client.put("pinned", "1");
      await client.put("pinned", "2");
      const pin = await client.pin(revision, { reason: "backup" });
      expect(await client.pins()).toEqual([
        expect.objectContaining({ key: pin.key, revision, reason: "backup" }),
      ]);
      await pin.release();
      await pin.release();
      expect(pin.lost.aborted).toBe(false);
      expect(await client.pins()).toEqual([]);
      const bounded = await client.pin(0, { maxSeconds: 1 });
      await new Promise((resolve) => bounded.lost.addEventListener("abort", resolve));
      await expect.poll(() => client.pins()).toEqual([]);

      const now = (await client.put("pinned", "3")).revision;
      await client.compact(now);
      await expect(client.pin(revision)).rejects.toMatchObject({ code: "COMPACTED" });
      await client.put("compact_rev_key", String(now + 2));
      await expect(client.pin(now)).rejects.toMatchObject({ code: "COMPACTED" });
      expect(await client.pins()).toEqual([]);
      await client.delete("compact_rev_key");
    });
  });
}

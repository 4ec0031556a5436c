import { Client, EtcdError } from "@nodetcd/client";
import { keyText, fromBase64, type TreeEntry } from "@nodetcd/console/contract";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeyIndex } from "../src/keys/key-index.ts";
import { rangeAt } from "../src/keys/range-at.ts";
import { matcher, searchKeys } from "../src/keys/search.ts";
import { etcdBinary, type RealEtcd, startEtcd } from "./support/etcd.ts";
import { base64, id, openApp, type OpenApp } from "./support/open-app.ts";

test("rangeAt: where the asked member has not come to the revision yet, it reads once more and waits for it", async () => {
  const asked: unknown[] = [];
  const behind = {
    range: async (_: unknown, options: { serializable?: boolean }) => {
      asked.push(options.serializable === true);
      if (options.serializable === true) {
        throw new EtcdError("FUTURE_REVISION", "mvcc: required revision is a future revision");
      }
      return { keyValues: [], count: 0, revision: 9, more: false };
    },
  } as unknown as Client;
  expect((await rangeAt(behind, new Uint8Array(1), { revision: 9 })).revision).toBe(9);
  expect(asked).toEqual([true, false]);
});

const binary = etcdBinary();

describe.skipIf(binary === undefined)("keys on a real etcd", () => {
  let etcd: RealEtcd;
  let open: OpenApp;
  let client: Client;

  beforeAll(async () => {
    etcd = await startEtcd(binary!);
    open = await openApp(etcd.endpoint);
    client = new Client({ runtime: nodeRuntime, endpoints: etcd.endpoint });
  });
  afterAll(async () => {
    client?.close();
    open?.close();
    await etcd?.stop();
  });

  const names = (entries: readonly TreeEntry[]): string[] =>
    entries.map(({ id: key, kind, count }) => {
      const text = keyText(fromBase64(key));
      return kind === "folder" ? `${text} ${count}` : text;
    });

  test("children: folders are skipped over, and their sizes are right", async () => {
    const keys = ["/a/x", "/a/y", "/b", "/c/1/1", "/c/1/2", "/c/2", "plain", "/c//odd"];
    for (const key of keys) await client.put(key, key);
    for (let at = 0; at < 450; at++) await client.put(`/many/${String(at).padStart(4, "0")}`, "");
    const top = await open.get("/api/keys/children");
    expect(names(top.value.entries)).toEqual(["/a/ 2", "/b", "/c/ 4", "/many/ 450", "plain"]);
    expect(top.value.total).toBe(keys.length + 450);
    const below = await open.get(`/api/keys/children?prefix=${id("/c/")}`);
    expect(names(below.value.entries)).toEqual(["/c//odd", "/c/1/ 2", "/c/2"]);
  });

  test("children: pages meet without a gap, at one revision", async () => {
    const seen: string[] = [];
    let from = "";
    let revision = 0;
    for (let pages = 0; pages < 10; pages++) {
      const query = `prefix=${id("/many/")}&from=${from}&revision=${revision}`;
      const { value } = await open.get(`/api/keys/children?${query}`);
      seen.push(...names(value.entries));
      ({ revision } = value);
      await client.put("/many/0000a", "comes later, is not seen");
      if (value.next === undefined) break;
      from = value.next;
    }
    expect(seen).toHaveLength(450);
    expect(new Set(seen).size).toBe(450);
    await client.delete("/many/0000a");
  });

  test("children: any delimiter, none, and bytes that are no text", async () => {
    await client.put("q:1:x", "");
    await client.put(Uint8Array.of(0xff, 0x00, 0x2f, 0x01), "bytes");
    const colon = await open.get(`/api/keys/children?prefix=${id("q:")}&delimiter=:`);
    expect(names(colon.value.entries)).toEqual(["q:1: 1"]);
    const flat = await open.get(`/api/keys/children?prefix=${id("/c/")}&delimiter=`);
    expect(names(flat.value.entries)).toEqual(["/c//odd", "/c/1/1", "/c/1/2", "/c/2"]);
    const all = await open.get("/api/keys/children");
    expect(names(all.value.entries).at(-1)).toBe("\\xff\\x00/ 1");
  });

  test("search: words, words that must not be there, patterns", async () => {
    const find = async (pattern: string): Promise<string[]> => {
      const query = new URLSearchParams({ pattern });
      const { value } = await open.get(`/api/keys/search?${query}`);
      return value.keys.map(({ id: key }: { id: string }) => keyText(fromBase64(key)));
    };
    expect(await find("/C/ 2")).toEqual(["/c/1/2", "/c/2"]);
    expect(await find("/c/ -1")).toEqual(["/c//odd", "/c/2"]);
    expect(await find("/^.[ab]$/")).toEqual(["/b"]);
    const bad = await open.get(`/api/keys/search?pattern=${encodeURIComponent("/(a+)+$/")}`);
    expect(bad.status).toBe(400);
  });

  test("search: the index finds what the cluster finds, and follows what comes and goes", async () => {
    const index = new KeyIndex(client, nodeRuntime.clock, silentLogger);
    const found = async (pattern: string): Promise<string[]> => {
      const page = await index.search(matcher(pattern));
      return page!.keys.map(({ id: key }) => keyText(fromBase64(key))).toSorted();
    };
    expect(await index.search(() => true)).toBeUndefined();
    index.wake();
    await expect.poll(() => index.isReady).toBe(true);
    const all = (await index.search(() => true))!;
    expect(all.total).toBe((await client.range("", { prefix: true, countOnly: true })).count);
    expect(await found("/C/ 2")).toEqual(["/c/1/2", "/c/2"]);
    await client.put("/c/indexed 2", "");
    await client.put("/c/indexed 2", "again");
    await client.delete("/c/2");
    await expect.poll(() => found("/C/ 2")).toEqual(["/c/1/2", "/c/indexed 2"]);
    await client.put("/c/2", "back");
    await client.delete("/c/indexed 2");
    await expect.poll(() => found("/C/ 2")).toEqual(["/c/1/2", "/c/2"]);
    expect(await found("xff")).toEqual(["\\xff\\x00/\\x01"]);
    index.close();
    expect(index.isReady).toBe(false);
  });

  test("search: every key is seen once, whatever the length of a read", async () => {
    const wanted: string[] = [];
    for await (const one of client.entries("", { prefix: true })) wanted.push(one.keyText());
    for (const read of [1, 2, 7, 50, 1_000]) {
      for (const prefix of ["", "/many/", "/c/"]) {
        const seen: string[] = [];
        let from = new Uint8Array(0);
        for (let pages = 0; pages < 2_000; pages++) {
          const page = await searchKeys(client, nodeRuntime.clock, {
            prefix: Buffer.from(prefix),
            from,
            revision: 0,
            matches: () => true,
            read,
          });
          seen.push(...page.keys.map((one) => new TextDecoder().decode(fromBase64(one.id))));
          if (page.next === undefined) break;
          from = new Uint8Array(fromBase64(page.next));
        }
        expect([read, prefix, seen]).toEqual([
          read,
          prefix,
          wanted.filter((key) => key.startsWith(prefix)),
        ]);
      }
    }
  });

  test("put: written only if nobody was faster, otherwise both versions are there", async () => {
    const { revision } = await client.put("cas", "one");
    const put = (value: string, expected: number) =>
      open.post("/api/keys/put", {
        key: id("cas"),
        value: base64(value),
        expect: expected,
        keepLease: true,
      });
    expect((await put("two", revision)).value.written).toBe(true);
    const late = await put("three", revision);
    expect(late.value.written).toBe(false);
    expect(Buffer.from(late.value.current.value, "base64").toString()).toBe("two");
    expect((await client.get("cas"))?.text()).toBe("two");
    expect((await put("new", 0)).value.written).toBe(false);
  });

  test("put: a lease is kept", async () => {
    const lease = await client.leases.grant(60);
    const { revision } = await client.put("leased", "1", { lease });
    const body = { key: id("leased"), value: base64("2"), expect: revision, keepLease: true };
    await open.post("/api/keys/put", body);
    expect((await client.get("leased"))?.lease).toBe(lease.id);
    const shown = await open.get(`/api/keys/value?key=${id("leased")}`);
    expect(shown.value.lease).toBe(lease.id.toString(16));
  });

  test("delete: all of the named keys or none", async () => {
    const one = await client.put("del/1", "");
    const two = await client.put("del/2", "");
    const keys = [
      { key: id("del/1"), expect: one.revision },
      { key: id("del/2"), expect: two.revision - 1 },
    ];
    expect((await open.post("/api/keys/delete", { keys })).value.written).toBe(false);
    expect((await client.range("del/", { prefix: true })).count).toBe(2);
    keys[1]!.expect = two.revision;
    expect((await open.post("/api/keys/delete", { keys })).value.written).toBe(true);
    expect((await client.range("del/", { prefix: true })).count).toBe(0);
  });

  test("delete: a prefix goes only by its name, and only as it was previewed", async () => {
    await client.put("bulk/1", "");
    await client.put("bulk/2", "");
    const preview = (await open.get(`/api/keys/count?prefix=${id("bulk/")}`)).value;
    expect(preview.count).toBe(2);
    const body = {
      prefix: id("bulk/"),
      name: "bulk/",
      expectCount: preview.count,
      revision: preview.revision,
    };
    expect((await open.post("/api/keys/delete", { ...body, name: "bulk" })).status).toBe(403);
    await client.put("bulk/1", "changed");
    const late = await open.post("/api/keys/delete", body);
    expect([late.status, late.value.error.code]).toEqual([409, "CONFLICT"]);
    expect((await client.range("bulk/", { prefix: true })).count).toBe(2);
    const { revision } = (await open.get(`/api/keys/count?prefix=${id("bulk/")}`)).value;
    const done = await open.post("/api/keys/delete", { ...body, revision });
    expect(done.value).toMatchObject({ written: true, count: 2 });
    expect((await open.post("/api/keys/delete", { ...body, prefix: "", name: "" })).status).toBe(
      400,
    );
  });

  test("import: keeps or replaces what is there, refuses a key that comes twice", async () => {
    await client.put("imp/1", "old");
    const lines = [
      { key: base64("imp/1"), value: base64("new") },
      { key: base64("imp/2"), value: base64("new") },
    ];
    const kept = await open.post("/api/keys/import", { lines, existing: "keep" });
    expect(kept.value).toMatchObject({ written: 1, kept: 1 });
    expect((await client.get("imp/1"))?.text()).toBe("old");
    const replaced = await open.post("/api/keys/import", { lines, existing: "replace" });
    expect(replaced.value).toMatchObject({ written: 2, kept: 0 });
    expect((await client.get("imp/1"))?.text()).toBe("new");
    const twice = [lines[0], lines[0]];
    expect((await open.post("/api/keys/import", { lines: twice, existing: "keep" })).status).toBe(
      400,
    );
  });
});

import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Etcd, startEtcd } from "../../../nodetcd/src/nodetcd.ts";
import type { Command } from "../../src/command-line/command.ts";
import { ExitError } from "../../src/command-line/exit.ts";
import { parseFlags } from "../../src/command-line/parse.ts";
import type { CtlCall } from "../../src/ctl/call.ts";
import { diff } from "../../src/ctl/commands/diff.ts";
import { history } from "../../src/ctl/commands/history.ts";
import { pin } from "../../src/ctl/commands/pin.ts";
import { restore } from "../../src/ctl/commands/restore.ts";
import { space } from "../../src/ctl/commands/space.ts";
import { FORMS } from "../../src/ctl/output/forms.ts";
import { Session } from "../../src/ctl/session.ts";
import { CTL } from "../../src/ctl/table.ts";

let etcd: Etcd;
let client: Client;
/** Revision of the store after the history that all tests read. */
let settled = 0;

beforeAll(async () => {
  etcd = await startEtcd();
  client = new Client({ runtime: nodeRuntime, endpoints: etcd.endpoint });
  await client.put("app/a", "1"); // 2
  await client.put("app/b", "1"); // 3
  await client.put("app/a", "2"); // 4
  await client.delete("app/a"); // 5
  await client.put("app/a", "new\n"); // 6
  settled = (await client.put("app/b", "2")).revision; // 7
});
afterAll(async () => {
  client.close();
  await etcd.stop();
});

interface Outcome {
  readonly out: string;
  readonly code: number;
}

/** Runs a command of ctl in this process. */
async function ctl(
  command: Command<CtlCall>,
  words: readonly string[],
  formName = "simple",
): Promise<Outcome> {
  const said: Buffer[] = [];
  const out = {
    isTerminal: false,
    write: (data: string | Uint8Array) => void said.push(Buffer.from(data as string)),
    flush: () => undefined,
  };
  const session = new Session({
    endpoints: [etcd.endpoint],
    open: (endpoints) => new Client({ runtime: nodeRuntime, endpoints }),
    form: await FORMS[formName]!(),
    formName,
    hex: false,
    timeoutMs: 5_000,
    isTimeoutGiven: false,
    maxRequestBytes: 0,
    out,
    err: out,
  });
  const { args, flags } = parseFlags(command.flags ?? [], words);
  const call = { args, flags, words, out, err: out, environment: {}, root: CTL };
  let code = 0;
  try {
    const connect = (): Promise<Session> => Promise.resolve(session);
    await command.run?.({ ...call, connect, readInput: () => Promise.resolve("") });
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    said.push(Buffer.from(`Error: ${error.message}\n`));
    code = error.code;
  } finally {
    session.client.close();
  }
  return { out: Buffer.concat(said).toString(), code };
}

test("ctl history: every version, oldest first, with deletions and new beginnings", async () => {
  const { out } = await ctl(history, ["app/a"]);
  expect(out).toBe(
    '2\tcreate\tapp/a\t1\n4\tupdate\tapp/a\t2\n5\tdelete\tapp/a\n6\tcreate\tapp/a\t"new\\n"\n',
  );
  const json = await ctl(history, ["app/", "--prefix", "--from=6", "--to=7"], "json");
  const lines = json.out.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { revision: 6, kind: "create", key: "YXBwL2E=", value: "bmV3Cg==", version: 1 },
    { revision: 7, kind: "update", key: "YXBwL2I=", value: "Mg==", version: 2 },
  ]);
  expect((await ctl(history, ["a"], "table")).out).toContain("table not supported");
});

test("ctl diff: what came, went and changed between two revisions, and refuses what is none", async () => {
  expect((await ctl(diff, ["app/", "2", "7"])).out).toBe('~ app/a\t1\t"new\\n"\n+ app/b\t2\n');
  expect((await ctl(diff, ["app/", "4", "5"])).out).toBe("- app/a\t2\n");
  expect((await ctl(diff, ["app/", "x"])).code).toBe(128);
});

test("ctl restore: shows what it would do, does it with --apply, lists conflicts with exit code 1", async () => {
  const preview = await ctl(restore, ["app/", "4"]);
  expect(preview.out).toContain("put\tapp/a\nput\tapp/b\n2 keys would be put and 0 deleted");
  expect((await client.range("app/", { prefix: true })).revision).toBe(settled);
  const done = await ctl(restore, ["app/", "4", "--apply"]);
  expect(done).toEqual({ out: "2 keys put, 0 deleted, 0 in conflict\n", code: 0 });
  expect((await client.get("app/a"))?.text()).toBe("2");
  await client.put("app/leased", "1", { lease: await client.leases.grant(600) });
  const { revision } = await client.range("app/", { prefix: true });
  await client.leases.revoke((await client.get("app/leased"))!.lease);
  const left = await ctl(restore, ["app/", String(revision), "--apply"]);
  expect(left.out).toContain("skipped\tapp/leased\tits lease has ended");
  expect(left.code).toBe(1);
});

test("ctl pin: a program finds the revision, and the pin is listed while it runs", async () => {
  const held = await client.pin(4, { reason: "audit" });
  expect((await ctl(pin, ["--list"])).out).toBe(`4\t${held.key}\taudit\n`);
  expect((await ctl(pin, ["4", "false"])).code).toBe(1);
  expect((await client.pins()).map(({ key }) => key)).toEqual([held.key]);
  await held.release();
});

test("ctl space: what a compaction would drop is what it drops", async () => {
  const before = await client.maintenance.status();
  const { out } = await ctl(space, ["--at=5", "--prefixes", "--sample=10ms"], "json");
  const found = JSON.parse(out) as {
    oldest: number;
    dropped: { versions: number };
    prefixes: Record<string, { keys: number; oldVersions: number }>;
    members: { file: number }[];
  };
  expect([found.oldest, found.members[0]!.file]).toEqual([1, before.dbSize]);
  // app/a at 2, 4 and its tombstone at 5; app/b at 3 stays.
  expect(found.dropped.versions).toBe(3);
  const versions = (await ctl(history, ["app/", "--prefix"])).out.trim().split("\n").length;
  const weighed = found.prefixes["app/"]!;
  expect(weighed.keys + weighed.oldVersions).toBe(versions);
  await client.compact(5, { physical: true });
  const text = (await ctl(space, ["--sample=10ms"])).out;
  expect(text).toContain("readable from 5");
  // The version of each key at the compaction is read as the first one.
  const left = (await ctl(history, ["app/", "--prefix"])).out.trim().split("\n").length;
  expect(left).toBe(versions - 3);
});

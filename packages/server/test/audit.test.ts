import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { METHODS, WatchRequest, WatchResponse } from "@nodetcd/messages";
import { type Clock, type LogFields, type Logger, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AuditQueue } from "../src/audit/queue.ts";
import { RotatingFile } from "../src/audit/rotating-file.ts";
import { AuditRules } from "../src/audit/rules.ts";
import type { MemberConfig } from "../src/config.ts";
import { AUDIT_LAST_LINES_MS, AUDIT_QUEUE_BYTES_MAX, AUDIT_RETRY_MS } from "../src/limits.ts";
import { call } from "./support/cluster.ts";
import {
  bytes,
  dispose,
  failure,
  startTestMember,
  temporaryDirectory,
  type TestMember,
} from "./support/member.ts";

type Line = Record<string, unknown> & { readonly method: string };

let folder: string;
let member: TestMember | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodetcd-audit-"));
});
afterEach(async () => {
  await dispose(member);
  member = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const path = (): string => join(folder, "audit.log");
const linesOf = (file: string): Line[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

/** What a member writes while `work` is done with it. */
async function audited(
  options: Partial<MemberConfig>,
  work: (member: TestMember) => Promise<unknown>,
  logger: Logger = silentLogger,
): Promise<Line[]> {
  member = await startTestMember({ auditLog: path(), bcryptCost: 4, ...options }, logger);
  await work(member);
  await dispose(member);
  member = undefined;
  return linesOf(path());
}

describe("audit log", () => {
  test("a line says what was done, to which keys, at which revision, and never a value", async () => {
    const lines = await audited({}, async (m) => {
      await m.put("/a", "s3cret");
      await m.range("/a", { rangeEnd: bytes("/b") });
      await m.txn({
        compare: [{ key: bytes("/c"), value: bytes("s3cret") }],
        success: [{ requestPut: { key: bytes("/d"), value: bytes("s3cret") } }],
        failure: [{ requestDeleteRange: { key: bytes("/e"), rangeEnd: bytes("\0") } }],
      });
      await m.grant(60, 0xabcn);
    });
    expect(
      lines.map(({ method, keys, revision, outcome }) => [method, keys, revision, outcome]),
    ).toEqual([
      ["KV/Put", [{ key: "/a", access: "write" }], 2, "OK"],
      ["KV/Range", [{ key: "/a", end: "/b", access: "read" }], 2, "OK"],
      [
        "KV/Txn",
        [
          { key: "/c", access: "read" },
          { key: "/d", access: "write" },
          { key: "/e", end: "\0", access: "write" },
        ],
        3,
        "OK",
      ],
      ["Lease/LeaseGrant", undefined, 3, "OK"],
    ]);
    expect(lines[3]).toMatchObject({
      target: "lease abc",
      user: "",
      auth: "none",
      remote: "local",
    });
    expect(readFileSync(path(), "utf8")).not.toContain("s3cret");
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(lines.every(({ took_ms: took }) => typeof took === "number" && took >= 0)).toBe(true);
  });

  test("--audit-log-keys=hash shows no key; bytes that are no text are in base64", async () => {
    const work = async (m: TestMember): Promise<unknown> =>
      await call(m, METHODS.KV.Put, { key: Uint8Array.of(0xff, 1), value: bytes("v") });
    expect((await audited({}, work))[0]?.["keys"]).toEqual([
      { key_base64: "/wE=", access: "write" },
    ]);
    rmSync(path());
    const hashed = await audited({ auditLogKeys: "hash" }, (m) => m.put("abc", "v"));
    const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(hashed[0]?.["keys"]).toEqual([{ key_sha256: sum, access: "write" }]);
  });

  test("a watch has lines for what is asked, for a refusal, and for its end", async () => {
    const lines = await audited({}, async (m) => {
      const stream = m.stream("etcdserverpb.Watch/Watch", WatchResponse);
      const create = { key: bytes("/w"), watchId: 7n };
      stream.send(WatchRequest.encode({ createRequest: create }));
      await stream.next();
      stream.send(WatchRequest.encode({ createRequest: create }));
      await stream.next();
      stream.cancel();
    });
    expect(lines.map(({ outcome, keys, target }) => [outcome, keys, target])).toEqual([
      ["RECEIVED", [{ key: "/w", access: "read" }], undefined],
      ["RECEIVED", [{ key: "/w", access: "read" }], undefined],
      ["REFUSED", undefined, "watch -1"],
      ["CANCELLED", undefined, undefined],
    ]);
  });

  test("CVE-2021-28235: no log, metric or page shows a password or token; each line its user and how he was recognised", async () => {
    const said: string[] = [];
    const say = (message: string, fields: LogFields = {}): void =>
      void said.push(
        message + JSON.stringify(fields, (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v)),
      );
    const logger: Logger = { ...silentLogger, debug: say, info: say, warn: say, error: say };
    const secrets: string[] = ["pass-one", "pass-two", "pass-wrong"];
    const lines = await audited(
      { listenClientUrls: ["http://127.0.0.1:0"] },
      async (m) => {
        await call(m, METHODS.Auth.UserAdd, { name: "root", password: "pass-one" });
        await call(m, METHODS.Auth.UserAdd, { name: "ann", password: "pass-one" });
        await call(m, METHODS.Auth.UserChangePassword, { name: "ann", password: "pass-two" });
        await call(m, METHODS.Auth.RoleAdd, { name: "root" });
        await call(m, METHODS.Auth.UserGrantRole, { user: "root", role: "root" });
        await call(m, METHODS.Auth.AuthEnable, {});
        await failure(call(m, METHODS.Auth.Authenticate, { name: "ann", password: "pass-wrong" }));
        const { token } = await call(m, METHODS.Auth.Authenticate, {
          name: "ann",
          password: "pass-two",
        });
        secrets.push(token, token.split(".")[0]!);
        const metadata = new Map([["token", token]]);
        const request = METHODS.KV.Range.request.encode({ key: bytes("/x") });
        await failure(m.transport.unary(METHODS.KV.Range.path, request, { metadata }));
        const forged = new Map([["token", "forged-token.1"]]);
        secrets.push("forged-token");
        await failure(m.transport.unary(METHODS.KV.Range.path, request, { metadata: forged }));
        for (const page of ["/metrics", "/debug/vars"]) {
          said.push(await (await fetch(`${m.member.clientUrls[0]}${page}`)).text());
        }
      },
      logger,
    );
    const text = readFileSync(path(), "utf8") + said.join("\n");
    expect(text).toContain("nodetcd_logins_failed_total 1");
    expect(secrets.every((secret) => secret.length > 7)).toBe(true);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(said.length).toBeGreaterThan(10);
    expect(
      lines.slice(-4).map(({ user, auth, method, outcome }) => [user, auth, method, outcome]),
    ).toEqual([
      ["ann", "password", "Auth/Authenticate", "INVALID_ARGUMENT"],
      ["ann", "password", "Auth/Authenticate", "OK"],
      ["ann", "token", "KV/Range", "PERMISSION_DENIED"],
      ["", "none", "KV/Range", "UNAUTHENTICATED"],
    ]);
    expect(lines.find(({ method }) => method === "Auth/UserGrantRole")?.["target"]).toBe(
      "user root role root",
    );
  });

  test("a file that cannot be opened, or a rule that is not understood, refuses the start", async () => {
    const start = (options: Partial<MemberConfig>): Promise<unknown> => {
      const dataDir = temporaryDirectory();
      return startTestMember({ ...options, dataDir }).finally(() =>
        rmSync(dataDir, { recursive: true, force: true }),
      );
    };
    await expect(start({ auditLog: "/nowhere/at/all" })).rejects.toMatchObject({
      code: "BAD_CONFIG",
    });
    for (const auditLogRules of ["all:Put", "none:Putt", "none"]) {
      await expect(start({ auditLog: path(), auditLogRules })).rejects.toThrow("--audit-log-rules");
    }
    expect(existsSync(path())).toBe(false);
  });
});

describe("AuditRules.level", () => {
  const level = (text: string, ...ranges: [key: string, end?: string][]): string =>
    new AuditRules(text).level("/etcdserverpb.KV/Txn", {
      target: "",
      ranges: ranges.map(([key, end]) => ({
        key: bytes(key),
        end: bytes(end ?? ""),
        access: "read",
      })),
    });

  test("the first rule that fits decides, and the most that one of the keys asks for", () => {
    const text = "none:KV:/events/;metadata:Txn+Put";
    expect(level(text, ["/events/a"])).toBe("none");
    expect(level(text, ["/events/a"], ["/pods/b"])).toBe("metadata");
    expect(level(text)).toBe("metadata");
    expect(level("none:Watch", ["/events/a"])).toBe("keys");
  });

  test("none hides only what lies wholly within its prefix; more is asked for by what touches it", () => {
    expect(level("none:*:/e/", ["/e/", "/e0"])).toBe("none");
    expect(level("none:*:/e/", ["/e/", "/e1"])).toBe("keys");
    expect(level("none:*:/e/", ["/e/", "\0"])).toBe("keys");
    expect(level("keys:*:/e/;none:*", ["/a", "/z"])).toBe("keys");
    expect(level("keys:*:/e/;none:*", ["/a", "/e/"])).toBe("none");
    expect(level("keys:*:/e/;none:*", ["/a", "\0"])).toBe("keys");
  });
});

describe("RotatingFile", () => {
  const open = (oldFiles: number): Promise<RotatingFile> =>
    RotatingFile.open({ disk: nodeRuntime.disk, path: path(), maxBytes: 20, oldFiles });
  const write = (file: RotatingFile, text: string): Promise<void> => file.write(bytes(text));

  test("keeps as many old files as it may, the newest as .1", async () => {
    const file = await open(2);
    for (let i = 0; i < 10; i++) await write(file, `line number ${i}\n`);
    await file.close();
    const names = readdirSync(folder).sort();
    expect(names).toEqual(["audit.log", "audit.log.1", "audit.log.2"]);
    const texts = names.map((name) => readFileSync(join(folder, name), "utf8"));
    expect(texts).toEqual(["line number 9\n", "line number 8\n", "line number 7\n"]);
    const single = await open(0);
    await write(single, "line number 10\n");
    await single.close();
    expect(readFileSync(path(), "utf8")).toBe("line number 10\n");
  });

  test("is appended to, behind a line that a crash has cut", async () => {
    const file = await open(1);
    await write(file, "cut");
    await file.close();
    const next = await open(1);
    await write(next, "whole\n");
    await next.close();
    expect(readFileSync(path(), "utf8")).toBe("cut\nwhole\n");
  });
});

describe("AuditQueue", () => {
  /** Timers of this length fire at once. */
  const hurrying = (atOnceMs: number): Clock => ({
    ...nodeRuntime.clock,
    setTimer: (ms, callback) => nodeRuntime.clock.setTimer(ms === atOnceMs ? 1 : ms, callback),
  });

  test("counts what a full disk drops, says so once, and goes on when there is room", async () => {
    const said: string[] = [];
    const logger = {
      ...silentLogger,
      error: (message: string) => void said.push(message),
      info: (message: string) => void said.push(message),
    };
    let isFull = true;
    const taken: string[] = [];
    const write = (lines: Uint8Array): Promise<void> => {
      if (isFull) return Promise.reject(new Error("no space left on device"));
      taken.push(...Buffer.from(lines).toString().split("\n").slice(0, -1));
      return Promise.resolve();
    };
    const queue = new AuditQueue(
      { write, close: () => Promise.resolve() },
      hurrying(AUDIT_RETRY_MS),
      logger,
    );
    const line = `${"x".repeat(1023)}\n`;
    const fit = AUDIT_QUEUE_BYTES_MAX / 1024;
    for (let i = 0; i < fit + 10; i++) queue.push(line);
    while (queue.failures < 3) await nodeRuntime.clock.yield();
    expect([queue.written, queue.dropped]).toEqual([0, 10]);
    isFull = false;
    while (queue.written < fit) await nodeRuntime.clock.yield();
    queue.push("last\n");
    await queue.close();
    expect(taken).toHaveLength(fit + 1);
    expect(taken.at(-1)).toBe("last");
    expect(said).toHaveLength(2);
  });

  test("close does not wait for ever for a disk that hangs", async () => {
    const write = (): Promise<void> => new Promise(() => undefined);
    const queue = new AuditQueue(
      { write, close: () => Promise.resolve() },
      hurrying(AUDIT_LAST_LINES_MS),
      silentLogger,
    );
    queue.push("line\n");
    await queue.close();
    queue.push("late\n");
    expect(queue.dropped).toBe(1);
  });
});

describe("Authenticate", () => {
  test("after failures of a user the next login waits, and the right password still works", async () => {
    const said: string[] = [];
    const warn = (message: string, fields: LogFields = {}): void =>
      void said.push(`${message} ${String(fields["user"])} ${String(fields["remote-addr"])}`);
    member = await startTestMember({ bcryptCost: 4 }, { ...silentLogger, warn });
    const m = member;
    await call(m, METHODS.Auth.UserAdd, { name: "root", password: "right" });
    await call(m, METHODS.Auth.RoleAdd, { name: "root" });
    await call(m, METHODS.Auth.UserGrantRole, { user: "root", role: "root" });
    await call(m, METHODS.Auth.AuthEnable, {});
    const logIn = (password: string): Promise<unknown> => {
      const request = METHODS.Auth.Authenticate.request.encode({ name: "root", password });
      return m.transport.unary(METHODS.Auth.Authenticate.path, request, { peer: "10.0.0.1:99" });
    };
    for (let i = 0; i < 4; i++) {
      expect((await failure(logIn("wrong"))).message).toContain("authentication failed");
    }
    expect(said.filter((line) => line.startsWith("invalid authentication"))).toEqual(
      Array(4).fill("invalid authentication was requested root 10.0.0.1:99"),
    );
    const begunMs = nodeRuntime.clock.monotonic();
    await logIn("right");
    // Timers may be a little early.
    expect(nodeRuntime.clock.monotonic() - begunMs).toBeGreaterThan(90);
  });
});

import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Status } from "@nodetcd/grpc";
import {
  type AnyMethod,
  type Init,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  METHOD_LIST,
  METHODS,
  type MessageCodec,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytes, dispose, failure, startTestMember, type TestMember } from "./support/member.ts";

const { Auth, KV, Lease } = METHODS;
const READ = 0;
const READWRITE = 2;

let member: TestMember;
/** Tokens by user. */
let tokens: Map<string, string>;

interface Row<Request, Reply> {
  readonly path: string;
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Reply>;
}

function withToken(token: string | undefined): ReadonlyMap<string, string> {
  return new Map(token === undefined ? [] : [["token", token]]);
}

/** A call of a user, or of nobody. */
async function as<Request, Reply>(
  user: string,
  method: Row<Request, Reply>,
  fields: Init<Request>,
): Promise<Reply> {
  const metadata = withToken(tokens.get(user));
  const request = method.request.encode(fields);
  return method.response.decode(await member.transport.unary(method.path, request, { metadata }));
}

async function refusal(call: Promise<unknown>): Promise<string> {
  return (await failure(call)).message.replace("etcdserver: ", "");
}

async function logIn(name: string, password = "pw"): Promise<void> {
  tokens.set(name, (await as("nobody", Auth.Authenticate, { name, password })).token);
}

/** Root, and `ann` who reads and writes `a`, and `bob` who reads it. */
async function enableAuth(): Promise<void> {
  for (const name of ["root", "ann", "bob"])
    await as("root", Auth.UserAdd, { name, password: "pw" });
  for (const [name, permType] of [
    ["ann", READWRITE],
    ["bob", READ],
  ] as const) {
    await as("root", Auth.RoleAdd, { name });
    await as("root", Auth.RoleGrantPermission, { name, perm: { key: bytes("a"), permType } });
    await as("root", Auth.UserGrantRole, { user: name, role: name });
  }
  await as("root", Auth.UserGrantRole, { user: "root", role: "root" });
  await as("root", Auth.AuthEnable, {});
  for (const name of ["root", "ann", "bob"]) await logIn(name);
}

beforeEach(async () => {
  tokens = new Map();
  member = await startTestMember({ bcryptCost: 4 });
  await enableAuth();
});
afterEach(() => dispose(member));

/** How a call ends, or "open" for a stream that goes on or says no within its messages. */
function endOf({ path, kind }: AnyMethod, token?: string): Promise<string> {
  const metadata = withToken(token);
  const stream = member.transport.stream(path, { timeoutMs: 5000, metadata });
  return new Promise((resolve) => {
    stream.onMessage = () => {
      if (kind === "unary") return;
      resolve("open");
      stream.cancel();
    };
    stream.onEnd = ({ code, message }) => resolve(code === Status.OK ? "ok" : message);
    stream.send(new Uint8Array(0));
    stream.halfClose();
  });
}

describe("CVE-2026-33413 / GHSA-q8m4-xhhv-38mg: every method of the table", () => {
  /** An empty request of these is refused for what it is, or (Observe) ends without a word. */
  const EMPTY = /key is not provided|URLs are invalid|"leader" field must be provided/;
  const OPEN_TO_ALL = ["Check", "List", "Health/Watch", "Authenticate", "AuthStatus"];

  test("is refused to nobody, but for login, health and status of authentication", async () => {
    for (const method of METHOD_LIST) {
      if (OPEN_TO_ALL.some((name) => method.path.endsWith(name))) continue;
      // Says no in its first message, ends without a word, touches no key.
      if (method.path.endsWith("/Watch") || method.name === "Observe") continue;
      if (method.name === "Txn") continue;
      const end = await endOf(method);
      if (!EMPTY.test(end))
        expect([method.path, end]).toEqual([method.path, "etcdserver: user name is empty"]);
    }
  });

  test("is refused to a wrong token, but for login and health", async () => {
    for (const method of METHOD_LIST) {
      if (OPEN_TO_ALL.slice(0, 4).some((name) => method.path.endsWith(name))) continue;
      if (method.path.endsWith("/Watch") || method.name === "Observe") continue;
      const end = await endOf(method, "wrong.1");
      if (!EMPTY.test(end))
        expect([method.path, end]).toEqual([method.path, "etcdserver: invalid auth token"]);
    }
  });

  test("of administration is refused to a user without the role root", async () => {
    const administration =
      /Maintenance\/(?!Status|Alarm)|Cluster\/(?!MemberList)|Compact|Auth\/(?!Authenticate|AuthStatus|UserGet|RoleGet)/;
    const methods = METHOD_LIST.filter(({ path }) => administration.test(path));
    expect(methods.length).toBe(6 + 4 + 1 + 13);
    for (const method of methods) {
      const end = await endOf(method, tokens.get("ann")!);
      if (!EMPTY.test(end))
        expect([method.path, end]).toEqual([method.path, "etcdserver: permission denied"]);
    }
  });
});

describe("authentication", () => {
  test("a user touches what his roles grant, on the short cut and off it", async () => {
    await as("ann", KV.Put, { key: bytes("a"), value: bytes("1") });
    expect((await as("bob", KV.Range, { key: bytes("a") })).count).toBe(1);
    expect(
      (await as("bob", KV.Range, { key: bytes("a"), serializable: true, limit: 1 })).count,
    ).toBe(1);
    expect(await refusal(as("bob", KV.Put, { key: bytes("a") }))).toBe("permission denied");
    expect(await refusal(as("bob", KV.Range, { key: bytes("b") }))).toBe("permission denied");
    expect(await refusal(as("bob", KV.Range, { key: bytes("a"), rangeEnd: bytes("c") }))).toBe(
      "permission denied",
    );
    expect(await refusal(as("nobody", KV.Range, { key: bytes("a") }))).toBe("user name is empty");
  });

  test("a forged token of a place far ahead in the log is refused soon", async () => {
    tokens.set("forged", "abc.99999999");
    expect(await refusal(as("forged", KV.Range, { key: bytes("a") }))).toBe("invalid auth token");
    expect(await refusal(as("forged", KV.Put, { key: bytes("a") }))).toBe("invalid auth token");
  });

  test("tokens end with the password, with the user, and when it is switched off", async () => {
    await as("root", Auth.UserChangePassword, { name: "ann", password: "new" });
    expect(await refusal(as("ann", KV.Range, { key: bytes("a") }))).toBe("invalid auth token");
    expect(await refusal(logIn("ann"))).toBe("authentication failed, invalid user ID or password");
    await logIn("ann", "new");
    await as("root", Auth.UserDelete, { name: "ann" });
    expect(await refusal(as("ann", KV.Range, { key: bytes("a") }))).toBe("invalid auth token");
    await as("root", Auth.AuthDisable, {});
    expect((await as("bob", KV.Put, { key: bytes("z") })).header?.revision).toBe(2);
    await as("nobody", Auth.AuthEnable, {});
    expect(await refusal(as("bob", KV.Range, { key: bytes("a") }))).toBe("invalid auth token");
  });

  test(
    "an old password lets nobody in once a new one is acknowledged, whatever raced with it, 200 times",
    { timeout: 120_000 },
    async () => {
      await dispose(member);
      tokens = new Map();
      member = await startTestMember({ bcryptCost: 4, authFailureDelayMs: 0 });
      await enableAuth();
      let old = "pw";
      let racedIn = 0;
      for (let i = 0; i < 200; i++) {
        const next = `pw${i}`;
        const log = (password: string) =>
          as("nobody", Auth.Authenticate, { name: "ann", password });
        const put = as("ann", KV.Put, { key: bytes("a") }).catch(() => undefined);
        const early = log(old).catch(() => undefined);
        await as("root", Auth.UserChangePassword, { name: "ann", password: next });
        const raced = await early;
        if (raced !== undefined) {
          racedIn++;
          tokens.set("raced", raced.token);
          expect(await refusal(as("raced", KV.Put, { key: bytes("a") }))).toBe(
            "invalid auth token",
          );
        }
        await put;
        await expect(log(old)).rejects.toThrow("authentication failed");
        tokens.set("ann", (await log(next)).token);
        await as("ann", KV.Put, { key: bytes("a") });
        old = next;
      }
      expect(racedIn).toBeGreaterThan(0);
    },
  );

  test("rights, revision and the switch outlive a restart; simple tokens do not", async () => {
    const before = await as("nobody", Auth.AuthStatus, {});
    const { directory } = member;
    await member.stop();
    member = await startTestMember({ bcryptCost: 4, dataDir: directory });
    expect(await as("nobody", Auth.AuthStatus, {})).toMatchObject({
      enabled: true,
      authRevision: before.authRevision,
    });
    expect(await refusal(as("ann", KV.Put, { key: bytes("a") }))).toBe("invalid auth token");
    await logIn("ann");
    await as("ann", KV.Put, { key: bytes("a") });
    expect(await refusal(as("ann", KV.Put, { key: bytes("b") }))).toBe("permission denied");
  });

  test("GHSA-528j-9r78-wffx: no password is in any file", async () => {
    await as("root", Auth.UserAdd, { name: "x", password: "s3cret-one" });
    await as("root", Auth.UserAdd, {
      name: "y",
      password: "s3cret-two",
      options: { noPassword: true },
    });
    await as("root", Auth.UserChangePassword, { name: "x", password: "s3cret-three" });
    await logIn("x", "s3cret-three");
    const token = tokens.get("x")!.split(".")[0]!;
    await member.stop();
    const files = readdirSync(member.directory, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    const contents = files.map(({ parentPath, name }) =>
      readFileSync(join(parentPath, name), "latin1"),
    );
    expect(contents.some((content) => content.includes(token))).toBe(true);
    expect(contents.some((content) => content.includes("s3cret"))).toBe(false);
  });

  test("a lease with somebody else's key runs out", async () => {
    await as("root", Lease.LeaseGrant, { id: 9n, ttl: 2 });
    await as("root", KV.Put, { key: bytes("gone"), lease: 9n });
    await expect
      .poll(async () => (await as("root", KV.Range, { key: bytes("gone") })).count)
      .toBe(0);
  });

  test("CVE-2023-32082: keys of a lease are told to whoever may read them", async () => {
    await as("root", Lease.LeaseGrant, { id: 9n, ttl: 600 });
    await as("root", KV.Put, { key: bytes("a"), lease: 9n });
    expect((await as("bob", Lease.LeaseTimeToLive, { id: 9n, keys: true })).keys).toHaveLength(1);
    await as("root", KV.Put, { key: bytes("secret"), lease: 9n });
    expect(await refusal(as("bob", Lease.LeaseTimeToLive, { id: 9n, keys: true }))).toBe(
      "permission denied",
    );
    expect(await refusal(as("bob", Lease.LeaseLeases, {}))).toBe("permission denied");
    expect((await as("bob", Lease.LeaseTimeToLive, { id: 9n })).grantedTtl).toBe(600);
  });

  test("CVE-2026-44283: prev_kv and the lease of a put inside a txn are checked", async () => {
    await as("root", Auth.RoleRevokePermission, { role: "ann", key: bytes("a") });
    await as("root", Auth.RoleGrantPermission, {
      name: "ann",
      perm: { key: bytes("a"), permType: 1 },
    });
    await as("root", Lease.LeaseGrant, { id: 9n, ttl: 600 });
    await as("root", KV.Put, { key: bytes("secret"), lease: 9n });
    const put = (more: object) => ({ success: [{ requestPut: { key: bytes("a"), ...more } }] });
    await as("ann", KV.Txn, put({}));
    expect(await refusal(as("ann", KV.Txn, put({ prevKv: true })))).toBe("permission denied");
    expect(await refusal(as("ann", KV.Txn, put({ lease: 9n })))).toBe("permission denied");
    expect(await refusal(as("ann", KV.Put, { key: bytes("a"), lease: 9n }))).toBe(
      "permission denied",
    );
    expect(await refusal(as("ann", Lease.LeaseRevoke, { id: 9n }))).toBe("permission denied");
  });

  test("CVE-2026-33343: a transaction in the branch not taken is checked, and nothing is done", async () => {
    const nested = { requestTxn: { success: [{ requestDeleteRange: { key: bytes("secret") } }] } };
    const txn = { success: [{ requestPut: { key: bytes("a") } }], failure: [nested] };
    expect(await refusal(as("ann", KV.Txn, txn))).toBe("permission denied");
    expect((await as("ann", KV.Range, { key: bytes("a") })).count).toBe(0);
  });

  test("GHSA-vjg6-93fv-qv64: a user without a password cannot log in with one", async () => {
    await as("root", Auth.UserAdd, { name: "cert", options: { noPassword: true } });
    for (const password of ["", "x"]) {
      expect(await refusal(logIn("cert", password))).toBe(
        "auth: authentication failed, password was given for no password user",
      );
    }
  });

  test("CVE-2020-15115: any length of password is taken, as in etcd, but none above 72 bytes", async () => {
    await as("root", Auth.UserAdd, { name: "short", password: "x" });
    await as("root", Auth.UserAdd, { name: "empty", password: "" });
    await logIn("empty", "");
    expect(
      await refusal(as("root", Auth.UserAdd, { name: "long", password: "x".repeat(73) })),
    ).toBe("bcrypt: password length exceeds 72 bytes");
  });

  test("CVE-2026-33186: a path without its leading slash is no method", async () => {
    const call = member.transport.unary("etcdserverpb.KV/Range", new Uint8Array(0), {
      metadata: withToken(tokens.get("root")),
    });
    expect((await failure(call)).code).toBe(Status.UNIMPLEMENTED);
  });

  test("PR 22386: the alarm of a full disk does not let anybody do more", async () => {
    const { Maintenance } = METHODS;
    await as("root", Maintenance.Alarm, { action: 1, alarm: 1 });
    expect(await refusal(as("ann", Auth.AuthDisable, {}))).toBe("permission denied");
    expect(await refusal(as("ann", KV.DeleteRange, { key: bytes("b") }))).toBe("permission denied");
    expect(await refusal(as("nobody", KV.DeleteRange, { key: bytes("b") }))).toBe(
      "user name is empty",
    );
    await as("root", Maintenance.Alarm, { action: 1, alarm: 2 });
    expect(await refusal(as("ann", KV.DeleteRange, { key: bytes("b") }))).toBe("corrupt cluster");
    expect(await refusal(as("ann", Auth.AuthDisable, {}))).toBe("permission denied");
  });
});

test.each([
  ["jwt", "auth: invalid auth options: auth: invalid auth signature method"],
  ["other", "unknown token type: other; there are simple and jwt"],
  ["jwt,sign-method=RS256,priv-key=/nowhere/key", "/nowhere/key"],
])("authToken %s: the member does not start, and says why", async (authToken, reason) => {
  const starting = startTestMember({ authToken });
  await expect(starting).rejects.toMatchObject({ code: "BAD_CONFIG" });
  await expect(starting).rejects.toThrow(reason);
});

test("a read by a token of another revision than the store's is refused, on the short cut and off it", async () => {
  const secret = "a secret of more than thirty-two bytes";
  const folder = mkdtempSync(join(tmpdir(), "auth-"));
  writeFileSync(join(folder, "key"), secret);
  await dispose(member);
  const authToken = `jwt,sign-method=HS256,priv-key=${join(folder, "key")}`;
  member = await startTestMember({ bcryptCost: 4, authToken });
  await enableAuth();
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (revision: number): string => {
    const claims = { exp: Math.floor(Date.now() / 1_000) + 60, revision, username: "ann" };
    const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  };
  const { authRevision } = await as("root", Auth.AuthStatus, {});
  const read = async (revision: number, options: object): Promise<string> => {
    tokens.set("ann", signed(revision));
    const call = as("ann", KV.Range, { key: bytes("a"), ...options });
    return call.then(
      () => "read",
      (error: Error) => error.message,
    );
  };
  for (const options of [
    { serializable: true },
    {},
    { serializable: true, limit: 1 },
    { limit: 1 },
  ]) {
    expect(await read(authRevision, options)).toBe("read");
    for (const revision of [authRevision - 1, authRevision + 1])
      expect(await read(revision, options)).toContain("revision of auth store is old");
  }
  rmSync(folder, { recursive: true });
});

describe("streams", () => {
  const open = <Reply>(user: string, path: string, reply: MessageCodec<Reply>) =>
    member.stream(path.slice(1), reply, withToken(tokens.get(user)));
  const create = (key: string, rangeEnd = ""): Uint8Array =>
    WatchRequest.encode({ createRequest: { key: bytes(key), rangeEnd: bytes(rangeEnd) } });

  test("GHSA-xg4h-6gfc-h4m8: a refused watch is told so, and leaves the one beside it alive", async () => {
    const watch = open("bob", METHODS.Watch.Watch.path, WatchResponse);
    watch.send(create("a"));
    expect(await watch.next()).toMatchObject({ watchId: 0n, created: true, canceled: false });
    for (const [key, end] of [
      ["secret", ""],
      ["a", "\0"],
      ["a", "b"],
    ] as const) {
      watch.send(create(key, end));
      expect(await watch.next()).toMatchObject({
        watchId: -1n,
        created: true,
        canceled: true,
        cancelReason: "rpc error: code = PermissionDenied desc = etcdserver: permission denied",
      });
    }
    // What runs is not asked again.
    await as("root", Auth.UserDelete, { name: "bob" });
    await as("ann", KV.Put, { key: bytes("a"), value: bytes("1") });
    expect((await watch.next()).events).toHaveLength(1);
    watch.send(create("a"));
    expect((await watch.next()).cancelReason).toBe(
      "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
    );
    watch.cancel();
  });

  test("each renewal of a lease is asked anew", async () => {
    await as("ann", Lease.LeaseGrant, { id: 9n, ttl: 600 });
    await as("ann", KV.Put, { key: bytes("a"), lease: 9n });
    const renew = LeaseKeepAliveRequest.encode({ id: 9n });
    const alive = open("ann", METHODS.Lease.LeaseKeepAlive.path, LeaseKeepAliveResponse);
    alive.send(renew);
    expect((await alive.next()).ttl).toBe(600);
    await as("root", Auth.UserRevokeRole, { name: "ann", role: "ann" });
    alive.send(renew);
    expect((await alive.ended).message).toBe("etcdserver: permission denied");
  });
});

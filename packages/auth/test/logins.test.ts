import { SeededRandom, VirtualClock } from "@nodetcd/simulator";
import { nodeDigests, nodeKeys } from "@nodetcd/runtime/node";
import { AuthUserAddRequest, AuthUserChangePasswordRequest } from "@nodetcd/messages";
import { hashSync } from "@node-rs/bcrypt";
import { expect, test } from "vitest";
import { applyAuthenticate, Logins, openTokenProvider } from "../src/auth.ts";
import { PASSWORDS_WAITING_MAX } from "../src/limits.ts";
import { Admin, outcome, verdict } from "./support.ts";

function open(bcryptCost = 4) {
  const admin = new Admin();
  const { auth } = admin;
  const random = new SeededRandom(1);
  const lines: string[] = [];
  const line = (message: string, fields = {}): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { debug: line, info: line, warn: line, error: line };
  const clock = new VirtualClock(0);
  const options = { auth, random, digests: nodeDigests, clock, failureDelayMs: 0 };
  const logins = new Logins({ ...options, bcryptCost, logger });
  const readFile = (): Uint8Array => new Uint8Array(0);
  const tokens = openTokenProvider({
    auth,
    clock,
    random,
    token: "simple",
    ttlSeconds: 0,
    keys: nodeKeys,
    readFile,
  });
  const add = async (name: string, password: string, noPassword = false): Promise<void> => {
    const request = { ...AuthUserAddRequest.create(), name, password, options: { noPassword } };
    admin.do("authUserAdd", await logins.hashNewUser(request));
  };
  const login = (name: string, password: string): Promise<string> =>
    outcome(() => logins.checkPassword(name, password));
  return { admin, auth, logins, tokens, add, login, lines };
}

test("checkPassword: every way to fail, in etcd's order", async () => {
  const { admin, add, login } = open();
  await add("u", "right");
  await add("empty", "");
  await add("np", "x", true);
  expect(await login("u", "right")).toBe("AUTH_NOT_ENABLED");
  admin.enable();
  expect(await login("u", "right")).toBe("ok");
  expect(await login("u", "wrong")).toBe("AUTHENTICATION_FAILED");
  expect(await login("nobody", "right")).toBe("AUTHENTICATION_FAILED");
  expect(await login("nobody", "")).toBe("AUTHENTICATION_FAILED");
  expect(await login("np", "x")).toBe("NO_PASSWORD_USER");
  expect(await login("empty", "")).toBe("ok");
});

test("checkPassword: reads hashes with any minor letter; beyond 72 bytes nothing counts", async () => {
  const { admin, login } = open();
  const long = "p".repeat(72);
  for (const letter of ["a", "b", "y"]) {
    const hash = hashSync(long, { cost: 4, version: "2a" }).replace("$2a$", `$2${letter}$`);
    const hashedPassword = Buffer.from(hash).toString("base64");
    admin.do("authUserAdd", { name: letter, password: "", hashedPassword, options: undefined });
  }
  admin.enable();
  for (const name of ["a", "b", "y"]) {
    expect(await login(name, long)).toBe("ok");
    expect(await login(name, `${long}more`)).toBe("ok");
    expect(await login(name, long.slice(1))).toBe("AUTHENTICATION_FAILED");
  }
});

test("checkPassword: a password that was right is forgotten when it changes", async () => {
  const { admin, add, login, logins } = open();
  await add("u", "one");
  admin.enable();
  for (let i = 0; i < 3; i++) expect(await login("u", "one")).toBe("ok");
  const change = { ...AuthUserChangePasswordRequest.create(), name: "u", password: "two" };
  admin.do("authUserChangePassword", await logins.hashNewPassword(change));
  expect([await login("u", "one"), await login("u", "two")]).toEqual([
    "AUTHENTICATION_FAILED",
    "ok",
  ]);
  admin.do("authUserDelete", { name: "u" });
  expect(await login("u", "two")).toBe("AUTHENTICATION_FAILED");
});

test("hashNewUser: the password never goes on, whatever the client sent as its hash", async () => {
  const { logins } = open();
  const request = {
    ...AuthUserAddRequest.create(),
    name: "u",
    password: "secret",
    hashedPassword: "mine",
  };
  const made = await logins.hashNewUser(request);
  expect(made.password).toBe("");
  expect(Buffer.from(made.hashedPassword, "base64").toString()).toMatch(/^\$2a\$04\$.{53}$/);
  const without = await logins.hashNewUser({ ...request, options: { noPassword: true } });
  expect(without).toMatchObject({ password: "", hashedPassword: "" });
});

test("hashNewPassword: a hash of the client's is taken only where there is no password", async () => {
  const { logins } = open();
  const request = { name: "u", password: "", hashedPassword: "mine" };
  expect(await logins.hashNewPassword(request)).toEqual(request);
  const made = await logins.hashNewPassword({ ...request, password: "secret" });
  expect(made.password).toBe("");
  expect(made.hashedPassword).not.toBe("mine");
});

test("hashNewUser: 72 bytes are the most, of UTF-8", async () => {
  const { logins } = open();
  const hashing = (password: string): Promise<string> =>
    outcome(() => logins.hashNewUser({ ...AuthUserAddRequest.create(), name: "u", password }));
  expect(await hashing("p".repeat(72))).toBe("ok");
  expect(await hashing("p".repeat(73))).toBe("PASSWORD_TOO_LONG");
  expect(await hashing("é".repeat(37))).toBe("PASSWORD_TOO_LONG");
});

test("Logins: a cost that bcrypt does not know is replaced, and said", () => {
  expect(open(2).lines).toHaveLength(1);
  expect(open(32).lines[0]).toContain("use default bcrypt cost instead of the invalid given cost");
  expect(open(31).lines).toEqual([]);
});

test("checkPassword: more than the bound do not wait; those that wait get their answer", async () => {
  const { admin, login } = open();
  admin.enable();
  const storm = Array.from({ length: PASSWORDS_WAITING_MAX + 100 }, () => login("nobody", "x"));
  const answers = await Promise.all(storm);
  const refused = answers.filter((answer) => answer === "TOO_MANY_LOGINS").length;
  expect(refused).toBeGreaterThan(0);
  expect(answers.filter((answer) => answer === "AUTHENTICATION_FAILED")).toHaveLength(
    answers.length - refused,
  );
  expect(await login("root", "root-pw")).toBe("ok");
});

test("checkPassword: no log line has the password", async () => {
  const { admin, add, login, lines } = open();
  await add("u", "s3cret-right");
  admin.enable();
  await login("u", "s3cret-wrong");
  await login("u", "s3cret-right");
  expect(lines.join("\n")).toContain('invalid password {"user-name":"u"}');
  expect(lines.join("\n")).not.toContain("s3cret");
});

test("applyAuthenticate: checks again what the log has reached, and gives the token its place", async () => {
  const { admin, auth, tokens, add } = open();
  await add("u", "x");
  await add("np", "", true);
  const apply = (name: string) =>
    applyAuthenticate(auth, tokens, { name, password: "", simpleToken: "letters" }, 7);
  expect(verdict(() => apply("u"))).toBe("AUTH_NOT_ENABLED");
  admin.enable();
  expect(apply("u")).toEqual({ token: "letters.7" });
  expect(verdict(() => apply("nobody"))).toBe("AUTHENTICATION_FAILED");
  expect(verdict(() => apply("np"))).toBe("NO_PASSWORD_USER");
  expect(tokens.identityOf("letters.7")).toEqual({ user: "u", authRevision: auth.revision });
});

test("tokens: end with the user, with his password and with authentication; a lost role does not end them", async () => {
  const { admin, auth, tokens, add } = open();
  await add("u", "x");
  admin.role("r");
  admin.do("authUserGrantRole", { user: "u", role: "r" });
  admin.enable();
  const login = (): string =>
    applyAuthenticate(auth, tokens, { name: "u", password: "", simpleToken: "a" }, 1).token;
  const identity = () => verdict(() => tokens.identityOf("a.1"));
  login();
  admin.do("authUserRevokeRole", { name: "u", role: "r" });
  expect(identity()).toBe("ok");
  admin.do("authUserChangePassword", { name: "u", password: "", hashedPassword: "" });
  expect(identity()).toBe("INVALID_AUTH_TOKEN");
  login();
  admin.do("authDisable", {});
  admin.do("authEnable", {});
  expect(identity()).toBe("INVALID_AUTH_TOKEN");
  login();
  admin.do("authUserDelete", { name: "u" });
  expect(identity()).toBe("INVALID_AUTH_TOKEN");
});

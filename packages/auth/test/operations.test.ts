import { PermissionType } from "@nodetcd/messages";
import { expect, test } from "vitest";
import { ANONYMOUS, AUTH_OPERATIONS, type AuthOperations, openAuthStore } from "../src/auth.ts";
import { Admin, bytes, hashOf, MemoryBackend, verdict } from "./support.ts";

const { READ, WRITE, READWRITE } = PermissionType;
const NONE = new Uint8Array(0);

test("openAuthStore: a fresh store gets revision 1, and nothing else", () => {
  const admin = new Admin();
  expect(admin.auth.revision).toBe(1);
  expect(admin.backend.dump()).toEqual(["auth/authRevision 0000000000000001"]);
});

test("records: have etcd's bytes", () => {
  const admin = new Admin();
  admin.role("r", { key: bytes("a") });
  admin.do("authUserAdd", {
    name: "np",
    password: "",
    hashedPassword: "",
    options: { noPassword: true },
  });
  admin.user("u", "r");
  const password = Buffer.from(hashOf("u-pw"), "base64").toString("hex");
  expect(admin.backend.dump()).toEqual([
    "auth/authRevision 0000000000000006",
    "authRoles/r 0a01721203120161",
    "authUsers/np 0a026e7022020801",
    `authUsers/u 0a0175123c${password}1a01722200`,
  ]);
});

test("openAuthStore: reads what another one wrote; load replaces all of it", () => {
  const admin = new Admin();
  admin.role("r", { permType: READWRITE, key: bytes("a"), rangeEnd: bytes("c") });
  admin.user("u", "r");
  admin.enable();
  const again = openAuthStore({ backend: admin.backend });
  expect(again).toMatchObject({ enabled: true, revision: admin.auth.revision });
  expect(verdict(() => again.checkKeys(again.identityOf("u"), bytes("b"), NONE, "write"))).toBe(
    "ok",
  );
  again.load(new MemoryBackend());
  expect(again).toMatchObject({ enabled: false, revision: 1 });
  expect(again.user("u")).toBeUndefined();
});

test("openAuthStore: a record that is no user is CORRUPT_RECORD, with its key", () => {
  const { backend } = new Admin();
  backend.put("authUsers", bytes("bad"), Buffer.from([0x0a]));
  expect(() => openAuthStore({ backend })).toThrow('Key bad of the "authUsers" bucket');
});

test("openAuthStore: records of old files (no options, a permission without a key) load and grant nothing more", () => {
  const { backend } = new Admin();
  backend.put("authUsers", bytes("old"), Buffer.from("0a036f6c641a0172", "hex"));
  backend.put("authRoles", bytes("r"), Buffer.from("0a0172120012020802", "hex"));
  backend.put("auth", bytes("authEnabled"), Uint8Array.of(1));
  const auth = openAuthStore({ backend });
  const by = auth.identityOf("old");
  expect(verdict(() => auth.checkKeys(by, bytes("a"), NONE, "read"))).toBe("PERMISSION_DENIED");
  expect(verdict(() => auth.checkKeys(by, bytes("\0"), bytes("\0"), "read"))).toBe(
    "PERMISSION_DENIED",
  );
});

test("auth revision: every change counts one; what changes nothing counts nothing", () => {
  const admin = new Admin();
  const bump = (work: () => unknown): number => {
    const before = admin.auth.revision;
    verdict(work);
    return admin.auth.revision - before;
  };
  const name = "u";
  const hashedPassword = hashOf("x");
  const add = { name, password: "", hashedPassword, options: undefined };
  expect(bump(() => admin.do("authUserAdd", add))).toBe(1);
  expect(bump(() => admin.do("authUserAdd", add))).toBe(0);
  expect(
    bump(() => admin.do("authUserChangePassword", { name, password: "", hashedPassword })),
  ).toBe(1);
  expect(bump(() => admin.do("authRoleAdd", { name: "r" }))).toBe(1);
  expect(bump(() => admin.do("authUserGrantRole", { user: name, role: "r" }))).toBe(1);
  expect(bump(() => admin.do("authUserGrantRole", { user: name, role: "r" }))).toBe(0);
  expect(bump(() => admin.grant("r", { key: bytes("k") }))).toBe(1);
  expect(bump(() => admin.grant("r", { key: bytes("k") }))).toBe(1);
  const range = { role: "r", key: bytes("k"), rangeEnd: NONE };
  expect(bump(() => admin.do("authRoleRevokePermission", range))).toBe(1);
  expect(bump(() => admin.do("authRoleRevokePermission", range))).toBe(0);
  expect(bump(() => admin.do("authUserRevokeRole", { name, role: "r" }))).toBe(1);
  expect(bump(() => admin.do("authRoleDelete", { role: "r" }))).toBe(1);
  expect(bump(() => admin.do("authUserDelete", { name }))).toBe(1);
  expect(bump(() => admin.do("authDisable", {}))).toBe(0);
  admin.user("root", "root");
  expect(bump(() => admin.do("authEnable", {}))).toBe(0);
  admin.by = admin.as("root");
  expect(bump(() => admin.do("authEnable", {}))).toBe(0);
  expect(bump(() => admin.do("authDisable", {}))).toBe(1);
});

test("authEnable: needs the user root with the role root, which needs no record", () => {
  const admin = new Admin();
  expect(verdict(() => admin.do("authEnable", {}))).toBe("ROOT_USER_NOT_FOUND");
  admin.user("root");
  expect(verdict(() => admin.do("authEnable", {}))).toBe("ROOT_ROLE_NOT_HELD");
  admin.do("authUserGrantRole", { user: "root", role: "root" });
  expect(verdict(() => admin.do("authEnable", {}))).toBe("ok");
  expect(admin.do("authStatus", {})).toEqual({ enabled: true, authRevision: 3 });
});

test("users and roles: each refusal has its code, and changes nothing", () => {
  const admin = new Admin();
  admin.role("r", { key: bytes("k") });
  admin.user("u");
  const before = admin.backend.dump();
  const password = "";
  const hashedPassword = hashOf("x");
  const options = undefined;
  const refused = (code: string, work: () => unknown): void => expect(verdict(work)).toBe(code);
  refused("USER_NAME_EMPTY", () =>
    admin.do("authUserAdd", { name: "", password, hashedPassword, options }),
  );
  refused("USER_EXISTS", () =>
    admin.do("authUserAdd", { name: "u", password, hashedPassword, options }),
  );
  refused("NO_PASSWORD_USER", () =>
    admin.do("authUserAdd", { name: "v", password, hashedPassword: "!", options }),
  );
  refused("USER_NOT_FOUND", () => admin.do("authUserGet", { name: "v" }));
  refused("USER_NOT_FOUND", () => admin.do("authUserDelete", { name: "v" }));
  refused("USER_NOT_FOUND", () => admin.do("authUserGrantRole", { user: "v", role: "r" }));
  refused("ROLE_NOT_FOUND", () => admin.do("authUserGrantRole", { user: "u", role: "s" }));
  refused("ROLE_NOT_GRANTED", () => admin.do("authUserRevokeRole", { name: "u", role: "r" }));
  refused("ROLE_NAME_EMPTY", () => admin.do("authRoleAdd", { name: "" }));
  refused("ROLE_EXISTS", () => admin.do("authRoleAdd", { name: "r" }));
  refused("ROLE_NOT_FOUND", () => admin.do("authRoleGet", { role: "s" }));
  refused("ROLE_NOT_FOUND", () => admin.do("authRoleDelete", { role: "s" }));
  refused("PERMISSION_NOT_GIVEN", () =>
    admin.do("authRoleGrantPermission", { name: "s", perm: undefined }),
  );
  refused("INVALID_AUTH_MANAGEMENT", () => admin.grant("s", { key: NONE }));
  refused("INVALID_AUTH_MANAGEMENT", () =>
    admin.grant("s", { key: bytes("z"), rangeEnd: bytes("a") }),
  );
  refused("INVALID_AUTH_MANAGEMENT", () =>
    admin.grant("s", { key: bytes("z"), rangeEnd: bytes("z") }),
  );
  refused("ROLE_NOT_FOUND", () => admin.grant("s", { key: bytes("a") }));
  refused("PERMISSION_NOT_GRANTED", () =>
    admin.do("authRoleRevokePermission", { role: "r", key: bytes("k"), rangeEnd: bytes("l") }),
  );
  expect(admin.backend.dump()).toEqual(before);
});

test("root: cannot be deleted, nor lose its role, while authentication is on; with it off it can", () => {
  const admin = new Admin();
  admin.role("root");
  admin.enable();
  const acts = [
    () => admin.do("authUserDelete", { name: "root" }),
    () => admin.do("authUserRevokeRole", { name: "root", role: "root" }),
    () => admin.do("authRoleDelete", { role: "root" }),
  ];
  for (const act of acts) expect(verdict(act)).toBe("INVALID_AUTH_MANAGEMENT");
  admin.do("authDisable", {});
  for (const act of acts.reverse()) expect(["ok", "ROLE_NOT_GRANTED"]).toContain(verdict(act));
  expect(verdict(() => admin.do("authEnable", {}))).toBe("ROOT_USER_NOT_FOUND");
});

test("roleGet: root has everything, whatever is stored", () => {
  const admin = new Admin();
  admin.role("root", { permType: READ, key: bytes("k") });
  expect(admin.do("authRoleGet", { role: "root" })).toEqual({
    perm: [{ permType: READWRITE, key: NONE, rangeEnd: new Uint8Array(1) }],
  });
});

test("roleDelete: takes the role from every user in one revision", () => {
  const admin = new Admin();
  admin.role("r");
  admin.role("s");
  admin.user("u", "r", "s");
  admin.user("v", "r");
  const { revision } = admin.auth;
  admin.do("authRoleDelete", { role: "r" });
  expect(admin.auth.revision).toBe(revision + 1);
  expect(admin.do("authUserGet", { name: "u" })).toEqual({ roles: ["s"] });
  expect(admin.do("authUserGet", { name: "v" })).toEqual({ roles: [] });
});

test("roleGrantPermission: an equal range is replaced; of several entries of a key only the first is looked at", () => {
  const admin = new Admin();
  admin.role("r", { key: bytes("k") }, { permType: WRITE, key: bytes("k") });
  const perms = (): string[] => {
    const { perm } = admin.do("authRoleGet", { role: "r" }) as {
      perm: { permType: number; key: Uint8Array; rangeEnd: Uint8Array }[];
    };
    const text = (key: Uint8Array): string => Buffer.from(key).toString();
    return perm.map((each) => `${each.permType} ${text(each.key)}..${text(each.rangeEnd)}`);
  };
  expect(perms()).toEqual(["1 k.."]);
  admin.grant("r", { key: bytes("k"), rangeEnd: bytes("m") });
  admin.grant("r", { permType: READWRITE, key: bytes("k"), rangeEnd: bytes("m") });
  admin.grant("r", { key: bytes("a") });
  expect(perms()).toEqual(["0 a..", "1 k..", "0 k..m", "2 k..m"]);
  admin.do("authRoleRevokePermission", { role: "r", key: bytes("k"), rangeEnd: bytes("m") });
  expect(perms()).toEqual(["0 a..", "1 k.."]);
});

test("names: in the order of their bytes, not of UTF-16", () => {
  const admin = new Admin();
  for (const name of ["\u{1F600}", "\uFFFD", "b", "B"]) {
    admin.role(name);
    admin.user(name);
  }
  expect(admin.do("authRoleList", {})).toEqual({ roles: ["B", "b", "\uFFFD", "\u{1F600}"] });
  expect(admin.do("authUserList", {})).toEqual({ users: ["B", "b", "\uFFFD", "\u{1F600}"] });
  for (const role of ["\u{1F600}", "\uFFFD"]) admin.do("authUserGrantRole", { user: "b", role });
  expect(admin.do("authUserGet", { name: "b" })).toEqual({ roles: ["\uFFFD", "\u{1F600}"] });
});

test("userChangePassword: a user without a password stays without; both fields empty leave none that is right", () => {
  const admin = new Admin();
  admin.do("authUserAdd", {
    name: "np",
    password: "",
    hashedPassword: "",
    options: { noPassword: true },
  });
  const before = admin.backend.dump("authUsers");
  admin.do("authUserChangePassword", { name: "np", password: "", hashedPassword: hashOf("x") });
  expect(admin.backend.dump("authUsers")).toEqual(before);
  admin.user("u");
  admin.do("authUserChangePassword", { name: "u", password: "", hashedPassword: "" });
  expect(admin.backend.dump("authUsers/u")).toEqual(["authUsers/u 0a01752200"]);
});

test("userAdd: the clear text of a log entry from before etcd 3.5 is hashed", () => {
  const admin = new Admin();
  admin.do("authUserAdd", { name: "u", password: "x", hashedPassword: "", options: undefined });
  expect(Buffer.from(admin.auth.user("u")!.password).toString()).toMatch(/^\$2a\$10\$.{53}$/);
});

test("every operation but authStatus: refuses who may not, in etcd's order, before all else", () => {
  const admin = new Admin();
  admin.user("plain");
  admin.enable();
  for (const field of Object.keys(AUTH_OPERATIONS) as (keyof AuthOperations)[]) {
    const attempt = (by: typeof ANONYMOUS): string => {
      admin.by = by;
      const request = { name: "root", role: "root", user: "root", key: NONE, rangeEnd: NONE };
      return verdict(() => admin.do(field, request as never));
    };
    const expected = (code: string): string => (field === "authStatus" ? "ok" : code);
    expect([field, attempt(ANONYMOUS)]).toEqual([field, expected("USER_NAME_EMPTY")]);
    expect([field, attempt(admin.as("nobody"))]).toEqual([field, expected("USER_NOT_FOUND")]);
    expect([field, attempt(admin.as("plain"))]).toEqual([field, expected("PERMISSION_DENIED")]);
  }
  expect(Object.keys(AUTH_OPERATIONS)).toHaveLength(16);
});

test("userGet, roleGet: open to the user himself and to whoever has the role", () => {
  const admin = new Admin();
  admin.role("r");
  admin.role("s");
  admin.user("u", "r");
  admin.enable();
  admin.by = admin.as("u");
  expect(admin.do("authUserGet", { name: "u" })).toEqual({ roles: ["r"] });
  expect(verdict(() => admin.do("authUserGet", { name: "root" }))).toBe("PERMISSION_DENIED");
  expect(admin.do("authRoleGet", { role: "r" })).toEqual({ perm: [] });
  expect(verdict(() => admin.do("authRoleGet", { role: "s" }))).toBe("PERMISSION_DENIED");
});

test("an old token of an administrator still administers", () => {
  const admin = new Admin();
  admin.enable();
  admin.user("u");
  expect(admin.by.authRevision).toBeLessThan(admin.auth.revision);
  expect(verdict(() => admin.user("v"))).toBe("ok");
});

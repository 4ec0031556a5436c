import {
  PermissionType,
  PutRequest,
  RangeRequest,
  DeleteRangeRequest,
  TxnRequest,
  type Init,
} from "@nodetcd/messages";
import { expect, test } from "vitest";
import {
  ANONYMOUS,
  type AttachedKeys,
  checkDeleteRange,
  checkLease,
  checkPut,
  checkRange,
  checkTxn,
  type Identity,
} from "../src/auth.ts";
import { Admin, bytes, verdict } from "./support.ts";

const { READ, WRITE, READWRITE } = PermissionType;

/** Users U, W and D: read and write, write only, read only, on `foo`; a lease 9 over `foo` and root's key. */
function checks() {
  const admin = new Admin();
  for (const [name, permType] of [
    ["U", READWRITE],
    ["W", WRITE],
    ["D", READ],
  ] as const) {
    admin.role(name, { permType, key: bytes("foo") });
    admin.user(name, name);
  }
  admin.enable();
  const attached: AttachedKeys = (lease) =>
    lease === 9n ? [bytes("foo"), bytes("secret")] : lease === 8n ? [bytes("foo")] : undefined;
  const { auth } = admin;
  const by = (user: string | Identity): Identity =>
    typeof user === "string" ? admin.as(user) : user;
  return {
    admin,
    auth,
    put: (user: string | Identity, put: Init<PutRequest>) =>
      verdict(() =>
        checkPut(
          auth,
          by(user),
          PutRequest.decode(PutRequest.encode({ key: bytes("foo"), ...put })),
          attached,
        ),
      ),
    range: (user: string | Identity, range: Init<RangeRequest> = {}) =>
      verdict(() =>
        checkRange(
          auth,
          by(user),
          RangeRequest.decode(RangeRequest.encode({ key: bytes("foo"), ...range })),
        ),
      ),
    del: (user: string, del: Init<DeleteRangeRequest>) =>
      verdict(() =>
        checkDeleteRange(
          auth,
          by(user),
          DeleteRangeRequest.decode(DeleteRangeRequest.encode({ key: bytes("foo"), ...del })),
        ),
      ),
    txn: (user: string | Identity, txn: Init<TxnRequest>) =>
      verdict(() => checkTxn(auth, by(user), TxnRequest.decode(TxnRequest.encode(txn)), attached)),
    lease: (user: string, lease: bigint, kind: "read" | "write") =>
      verdict(() => checkLease(auth, by(user), lease, attached, kind)),
  };
}

const DENIED = "PERMISSION_DENIED";

test("checkKeys: off; nobody; old revision; unknown user; root; the range", () => {
  const { admin, range, put } = checks();
  expect(range(ANONYMOUS)).toBe("USER_NAME_EMPTY");
  expect(range({ user: "U", authRevision: admin.auth.revision - 1 })).toBe("OLD_AUTH_REVISION");
  expect(range({ user: "root", authRevision: admin.auth.revision - 1 })).toBe("OLD_AUTH_REVISION");
  expect(range("nobody")).toBe(DENIED);
  expect(range("root", { key: bytes("a"), rangeEnd: bytes("z") })).toBe("ok");
  expect(range("D")).toBe("ok");
  expect(range("D", { rangeEnd: bytes("fop") })).toBe(DENIED);
  expect(range("W")).toBe(DENIED);
  // A revision of the future, as a signed token may have, passes here.
  expect(put({ user: "U", authRevision: admin.auth.revision + 5 }, {})).toBe("ok");
  admin.do("authDisable", {});
  expect(range(ANONYMOUS)).toBe("ok");
});

test("checkUnchanged: any other revision than the store's, old or new, but nobody's", () => {
  const { auth } = checks();
  const check = (revision: number) =>
    verdict(() => auth.checkUnchanged({ user: "U", authRevision: revision }));
  expect(check(auth.revision)).toBe("ok");
  expect(check(auth.revision - 1)).toBe("OLD_AUTH_REVISION");
  expect(check(auth.revision + 1)).toBe("OLD_AUTH_REVISION");
  expect(check(0)).toBe("ok");
});

test("checkKnown, checkAdmin, isAdmin", () => {
  const { auth, admin } = checks();
  expect(verdict(() => auth.checkKnown(ANONYMOUS))).toBe("USER_NAME_EMPTY");
  expect(verdict(() => auth.checkKnown({ user: "nobody", authRevision: 1 }))).toBe("ok");
  expect(verdict(() => auth.checkAdmin(admin.as("U")))).toBe(DENIED);
  expect([
    auth.isAdmin(ANONYMOUS),
    auth.isAdmin(admin.as("U")),
    auth.isAdmin(admin.as("root")),
  ]).toEqual([false, false, true]);
  admin.user("other", "root");
  expect(auth.isAdmin(admin.as("other"))).toBe(true);
  expect(auth.memberIdentity).toEqual(admin.as("root"));
  admin.do("authDisable", {});
  expect(auth.isAdmin(ANONYMOUS)).toBe(true);
  expect(auth.memberIdentity).toEqual(ANONYMOUS);
});

test("permissions: follow every change at once", () => {
  const { admin, range } = checks();
  expect(range("D", { key: bytes("bar") })).toBe(DENIED);
  admin.grant("D", { key: bytes("bar") });
  expect(range("D", { key: bytes("bar") })).toBe("ok");
  admin.do("authUserRevokeRole", { name: "D", role: "D" });
  expect(range("D", { key: bytes("bar") })).toBe(DENIED);
  admin.do("authUserGrantRole", { user: "D", role: "D" });
  expect(range("D")).toBe("ok");
  admin.do("authRoleDelete", { role: "D" });
  expect(range("D")).toBe(DENIED);
});

test("checkPut: the key; prev_kv needs to read; a lease needs all of its keys", () => {
  const { put } = checks();
  expect([put("U", {}), put("W", {}), put("D", {})]).toEqual(["ok", "ok", DENIED]);
  expect([put("U", { prevKv: true }), put("W", { prevKv: true })]).toEqual(["ok", DENIED]);
  expect([put("W", { lease: 8n }), put("W", { lease: 9n }), put("W", { lease: 7n })]).toEqual([
    "ok",
    DENIED,
    "ok",
  ]);
  expect(put("root", { lease: 9n })).toBe("ok");
});

test("checkDeleteRange: the range; prev_kv needs to read it", () => {
  const { del } = checks();
  expect([
    del("W", {}),
    del("W", { prevKv: true }),
    del("U", { prevKv: true }),
    del("D", {}),
  ]).toEqual(["ok", DENIED, "ok", DENIED]);
  expect(del("W", { rangeEnd: bytes("fop") })).toBe(DENIED);
});

test("CVE-2023-32082: the keys of a lease are told to whoever may read all of them", () => {
  const { lease } = checks();
  expect([
    lease("D", 8n, "read"),
    lease("D", 9n, "read"),
    lease("W", 8n, "read"),
    lease("root", 9n, "read"),
  ]).toEqual(["ok", DENIED, DENIED, "ok"]);
});

test("checkLease: to end or renew a lease one has to be able to write all of its keys", () => {
  const { lease } = checks();
  expect([
    lease("W", 8n, "write"),
    lease("W", 9n, "write"),
    lease("D", 8n, "write"),
    lease("W", 7n, "write"),
  ]).toEqual(["ok", DENIED, DENIED, "ok"]);
});

test("CVE-2026-44283 / GHSA-x35m-3gp4-4fh5: prev_kv and lease of a put are checked inside a txn, too", () => {
  const { txn } = checks();
  const put = (request: Init<PutRequest>) => ({
    success: [{ requestPut: { key: bytes("foo"), ...request } }],
  });
  expect(txn("W", put({}))).toBe("ok");
  expect(txn("W", put({ prevKv: true }))).toBe(DENIED);
  expect(txn("W", put({ lease: 9n }))).toBe(DENIED);
  expect(txn("U", put({ prevKv: true, lease: 8n }))).toBe("ok");
});

test("CVE-2026-33343 / GHSA-rfx7-8w68-q57q: transactions inside a txn are checked, in both branches, at any depth", () => {
  const { txn } = checks();
  const forbidden = { key: bytes("secret") };
  const operations = [
    { requestRange: forbidden },
    { requestPut: forbidden },
    { requestDeleteRange: forbidden },
    { requestTxn: { compare: [forbidden] } },
  ];
  for (const operation of operations) {
    for (const branch of ["success", "failure"] as const) {
      let request: Init<TxnRequest> = { [branch]: [operation] };
      for (let depth = 1; depth <= 5; depth++) {
        expect(txn("U", request)).toBe(DENIED);
        expect(txn("root", request)).toBe("ok");
        request = { [branch]: [{ requestTxn: request }] };
      }
    }
  }
});

test("checkTxn: compares need to read; one that is refused refuses the whole", () => {
  const { txn } = checks();
  const foo = { key: bytes("foo") };
  expect(txn("W", { compare: [foo], success: [{ requestPut: foo }] })).toBe(DENIED);
  expect(
    txn("U", { compare: [foo], success: [{ requestPut: foo }], failure: [{ requestRange: foo }] }),
  ).toBe("ok");
  expect(txn("U", { success: [{ requestPut: foo }, { requestPut: { key: bytes("fooo") } }] })).toBe(
    DENIED,
  );
  expect(txn("U", { compare: [{ ...foo, rangeEnd: bytes("fop") }] })).toBe(DENIED);
  expect(txn(ANONYMOUS, { compare: [foo] })).toBe("USER_NAME_EMPTY");
});

test("GHSA-xg4h-6gfc-h4m8: a watch with an open end is not a watch of one key", () => {
  const { auth, admin } = checks();
  const check = () => auth.checkKeys(admin.as("D"), bytes("foo"), Uint8Array.of(0), "read");
  expect(verdict(check)).toBe(DENIED);
});

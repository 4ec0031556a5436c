import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SeededRandom, VirtualClock } from "@nodetcd/simulator";
import { nodeKeys } from "@nodetcd/runtime/node";
import { CompactSign } from "jose";
import { expect, test } from "vitest";
import { AuthError, openTokenProvider, type TokenProvider } from "../src/auth.ts";
import { Admin, outcome } from "./support.ts";

const pem = (key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1" | "spki"): Buffer =>
  Buffer.from(key.export({ format: "pem", type } as never) as string);

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
const ed = generateKeyPairSync("ed25519");

const FILES: Record<string, Uint8Array> = {
  rsa1: pem(rsa.privateKey, "pkcs1"),
  rsa8: pem(rsa.privateKey, "pkcs8"),
  "rsa1.pub": pem(rsa.publicKey, "pkcs1"),
  "rsa.pub": pem(rsa.publicKey, "spki"),
  "other.pub": pem(otherRsa.publicKey, "spki"),
  p256: pem(p256.privateKey, "sec1"),
  "p256.pub": pem(p256.publicKey, "spki"),
  p384: pem(p384.privateKey, "pkcs8"),
  p521: pem(p521.privateKey, "sec1"),
  ed: pem(ed.privateKey, "pkcs8"),
  "ed.pub": pem(ed.publicKey, "spki"),
  secret: Buffer.from("a secret\n"),
  empty: Buffer.alloc(0),
  junk: Buffer.from("no key at all"),
};

function provider(token: string, clock = new VirtualClock(1_700_000_000_000)): TokenProvider {
  const { auth } = new Admin();
  return openTokenProvider({
    auth,
    clock,
    random: new SeededRandom(1),
    token,
    ttlSeconds: 0,
    keys: nodeKeys,
    readFile(path) {
      const bytes = FILES[path];
      if (bytes === undefined) throw new Error(`open ${path}: no such file or directory`);
      return bytes;
    },
  });
}

test.for([
  ["RS256", "rsa1", "rsa.pub"],
  ["RS384", "rsa8", "rsa1.pub"],
  ["RS512", "rsa8", ""],
  ["PS256", "rsa1", "rsa.pub"],
  ["PS384", "rsa1", "rsa.pub"],
  ["PS512", "rsa1", "rsa.pub"],
  ["ES256", "p256", "p256.pub"],
  ["ES384", "p384", ""],
  ["ES512", "p521", ""],
  ["EdDSA", "ed", "ed.pub"],
  ["HS256", "secret", ""],
  ["HS384", "secret", ""],
  ["HS512", "secret", ""],
])("%s: a token that is signed is known, until it expires", async ([method, priv, pub]) => {
  const clock = new VirtualClock(1_700_000_000_000);
  const keys = `priv-key=${priv}${pub === "" ? "" : `,pub-key=${pub}`}`;
  const tokens = provider(`jwt,sign-method=${method},${keys},ttl=10s`, clock);
  const token = await tokens.sign({ user: "u", authRevision: 5 });
  const [header, claims] = token
    .split(".")
    .map((part) => Buffer.from(part, "base64url").toString());
  expect(JSON.parse(header!)).toEqual({ alg: method, typ: "JWT" });
  expect(JSON.parse(claims!)).toEqual({ username: "u", revision: 5, exp: 1_700_000_010 });
  expect(await tokens.identityOf(token)).toEqual({ user: "u", authRevision: 5 });
  // Known by now, so at once.
  expect(tokens.identityOf(token)).toEqual({ user: "u", authRevision: 5 });
  clock.advance(10_000);
  expect(await outcome(() => tokens.identityOf(token))).toBe("INVALID_AUTH_TOKEN");
  expect(await outcome(() => tokens.identityOf(`${token}x`))).toBe("INVALID_AUTH_TOKEN");
});

async function signed(
  claims: unknown,
  alg = "RS256",
  key: Parameters<CompactSign["sign"]>[0] = rsa.privateKey,
) {
  const payload = Buffer.from(typeof claims === "string" ? claims : JSON.stringify(claims));
  return new CompactSign(payload).setProtectedHeader({ alg }).sign(key);
}

const unsigned = (claims: unknown): string =>
  [{ alg: "none" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".") + ".";

test("identityOf: what is not signed as configured, or does not say who, is no token", async () => {
  const tokens = provider("jwt,sign-method=RS256,pub-key=rsa.pub");
  const good = { username: "u", revision: 5, exp: 1_800_000_000 };
  const bad = {
    none: unsigned(good),
    "other method": await signed(good, "PS256"),
    "public key as a secret": await signed(good, "HS256", FILES["rsa.pub"]!),
    "other key": await signed(good, "RS256", otherRsa.privateKey),
    expired: await signed({ ...good, exp: 1_600_000_000 }),
    "exp as text": await signed({ ...good, exp: "1800000000" }),
    "not yet": await signed({ ...good, nbf: 1_750_000_000 }),
    "no user": await signed({ revision: 5 }),
    "no revision": await signed({ username: "u" }),
    "revision as text": await signed({ username: "u", revision: "5" }),
    "negative revision": await signed({ username: "u", revision: -1 }),
    "revision beyond what is counted": await signed({ username: "u", revision: 2 ** 60 }),
    "no object": await signed("5"),
    "no JSON": await signed("{"),
    "no token": "abc",
    empty: "",
    "half of one": (await signed(good)).slice(0, -20),
    "CVE-2025-30204, dots": ".".repeat(1_000_000),
  };
  for (const [name, token] of Object.entries(bad)) {
    expect([name, await outcome(() => tokens.identityOf(token))]).toEqual([
      name,
      "INVALID_AUTH_TOKEN",
    ]);
  }
  expect(await tokens.identityOf(await signed(good))).toEqual({ user: "u", authRevision: 5 });
});

test("identityOf: without exp for ever; iat is ignored; a fraction of a revision is cut", async () => {
  const tokens = provider("jwt,sign-method=RS256,pub-key=rsa.pub");
  expect(await tokens.identityOf(await signed({ username: "u", revision: 5.9 }))).toEqual({
    user: "u",
    authRevision: 5,
  });
  const early = { username: "u", revision: 5, iat: 1_900_000_000, exp: 0 };
  expect(await tokens.identityOf(await signed(early))).toEqual({ user: "u", authRevision: 5 });
});

test("sign: not with the public key alone, nor with a curve of another method", async () => {
  const identity = { user: "u", authRevision: 1 };
  const verifier = provider("jwt,sign-method=RS256,pub-key=rsa.pub");
  expect(await outcome(() => verifier.sign(identity))).toBe("VERIFY_ONLY");
  expect(await outcome(() => provider("jwt,sign-method=ES512,priv-key=p256").sign(identity))).toBe(
    "SIGNING_FAILED",
  );
});

test.for([
  ["simple,a", "auth: invalid auth options", "invalid token option: a"],
  ["simple,a=b,a=c", "auth: invalid auth options", "invalid token option: a=c"],
  ["simple,a=b=c", "auth: invalid auth options", "invalid token option: a=b=c"],
  ["other", "auth: invalid auth options", "unknown token type"],
  ["jwt", "auth: invalid auth options", "auth: invalid auth signature method"],
  ["jwt,sign-method=XX", "auth: invalid auth options", "auth: invalid auth signature method"],
  ["jwt,sign-method=none", "unsupported signing method", ""],
  ["jwt,sign-method=RS256,ttl=xx", "auth: invalid auth options", 'time: invalid duration "xx"'],
  ["jwt,sign-method=RS256", "auth: missing key data", ""],
  ["jwt,sign-method=HS256,priv-key=empty", "auth: missing key data", ""],
  ["jwt,sign-method=HS256,pub-key=secret", "auth: missing key data", ""],
  [
    "jwt,sign-method=RS256,priv-key=nowhere",
    "auth: invalid auth options",
    "open nowhere: no such file",
  ],
  [
    "jwt,sign-method=RS256,priv-key=rsa1,pub-key=other.pub",
    "auth: public and private keys don't match",
    "",
  ],
  ["jwt,sign-method=RS256,pub-key=junk", "junk: this is no key for RS256", ""],
  ["jwt,sign-method=RS256,pub-key=p256.pub", "p256.pub: this is no key for RS256", ""],
  ["jwt,sign-method=RS256,pub-key=rsa8", "rsa8: this is no key for RS256", ""],
])("openTokenProvider: %s is INVALID_OPTIONS", ([token, message, reason]) => {
  let raised: unknown;
  try {
    provider(token!);
  } catch (error) {
    raised = error;
  }
  expect(raised).toBeInstanceOf(AuthError);
  const error = raised as AuthError;
  expect(error.code).toBe("INVALID_OPTIONS");
  expect(error.message).toContain(message);
  if (reason !== "") expect((error.cause as Error).message).toContain(reason);
});

test("openTokenProvider: nothing at all is a member that nobody logs in to", async () => {
  const tokens = provider("");
  expect(await outcome(() => tokens.sign({ user: "u", authRevision: 1 }))).toBe(
    "AUTHENTICATION_FAILED",
  );
  expect(await outcome(() => tokens.identityOf("a.1"))).toBe("INVALID_AUTH_TOKEN");
});

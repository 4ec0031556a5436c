import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { certs } from "../src/certs/certs.ts";
import { findPeer, freePort, READY, said, start, temporaryDirectory } from "./support/program.ts";

afterEach(() => vi.restoreAllMocks());

/** What the command says, and its exit code. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  const code = await certs(args);
  vi.restoreAllMocks();
  return { code, out, err };
}

const mode = (path: string): number => statSync(path).mode & 0o777;
const certificate = (path: string): X509Certificate => new X509Certificate(readFileSync(path));

/** Flags and values of the printed command that begins so. */
function printed(out: string, command: string): string[] {
  const text = out.slice(out.indexOf(`  ${command} `)).split("\n\n")[0] ?? "";
  return text.replaceAll("\\\n", " ").trim().split(/\s+/).slice(1);
}

describe("nodetcd certs", () => {
  it("makes an authority and certificates, for their owner alone, and keeps what is there", async () => {
    const dir = join(temporaryDirectory(), "certs");
    const first = await run(
      "--dir",
      dir,
      "--host",
      "db1.example,10.0.0.1",
      "--client",
      "root,alice",
    );
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(dir)).toEqual(
      ["ca", "client-alice", "client-root", "peer", "server"].flatMap((name) => [
        `${name}.crt`,
        `${name}.key`,
      ]),
    );
    expect(mode(dir)).toBe(0o700);
    for (const file of readdirSync(dir).filter((name) => name.endsWith(".key"))) {
      expect(mode(join(dir, file)), file).toBe(0o600);
    }
    const server = certificate(join(dir, "server.crt"));
    expect(server.subjectAltName).toBe("DNS:db1.example, IP Address:10.0.0.1");
    expect(server.verify(certificate(join(dir, "ca.crt")).publicKey)).toBe(true);
    expect(Date.parse(server.validTo) - Date.now()).toBeGreaterThan(3_649 * 86_400_000);
    expect(certificate(join(dir, "client-alice.crt")).subject).toBe("CN=alice");

    const again = await run("--dir", dir, "--member", "db2", "--client", "bob");
    expect(again.out).toContain("client-bob.crt: made");
    expect(again.out).toContain("db2-server.crt: made, for localhost, ");
    expect(certificate(join(dir, "server.crt")).serialNumber).toBe(server.serialNumber);
    expect((await run("--dir", dir)).out).toContain(
      "server.crt: is there, and stays, for db1.example, 10.0.0.1",
    );
  });

  it("renews all with the names that they have, and the authority with its key", async () => {
    const dir = join(temporaryDirectory(), "certs");
    await run("--dir", dir, "--days", "3", "--key", "ecdsa-p384");
    const before = ["ca", "server"].map((name) => certificate(join(dir, `${name}.crt`)));
    expect((await run("renew", "--dir", dir)).out).toContain(
      "server.crt: had 2 days left, good until ",
    );
    const after = ["ca", "server"].map((name) => certificate(join(dir, `${name}.crt`)));
    expect(after[1]?.subjectAltName).toBe(before[1]?.subjectAltName);
    expect(after[1]?.serialNumber).not.toBe(before[1]?.serialNumber);
    expect(after[1]?.publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp384r1");
    expect(after[1]?.verify(before[0]!.publicKey)).toBe(true);
    expect(before[1]?.verify(after[0]!.publicKey)).toBe(true);
    expect(mode(join(dir, "server.key"))).toBe(0o600);
  });

  it.each([
    [["--days", "0"], 1, "good for 1 to 36500 days, not 0"],
    [["--key", "dsa"], 1, 'unknown kind of key "dsa"'],
    [["--host", "a b"], 1, '"a b" is neither a host name nor an address'],
    [["--client", "../x"], 2, "cannot be part of a file's name"],
    [["--hots", "a"], 2, "Did you mean --host?"],
    [["frobnicate"], 2, '"frobnicate" is not understood'],
    [["renew"], 1, "has no authority"],
    [["revoke", "client-root"], 1, "has no authority"],
  ])("refuses %j", async (args, code, text) => {
    const result = await run(...args, "--dir", join(temporaryDirectory(), "certs"));
    expect(result.code).toBe(code);
    expect(result.err).toContain(text);
  });

  it("prints command lines that work, until the client is revoked", async () => {
    const dir = join(temporaryDirectory(), "certs");
    const { out } = await run("--dir", dir, "--client", "root,alice");
    await run("revoke", "client-alice", "--dir", dir);
    const url = `https://127.0.0.1:${await freePort()}`;
    const command = (name: string): string[] =>
      printed(out, name).map((each) => (each === "https://127.0.0.1:2379" ? url : each));
    const member = start([
      ...command("nodetcd"),
      `--data-dir=${join(dir, "data")}`,
      `--client-crl-file=${join(dir, "revoked.crl")}`,
      `--listen-peer-urls=https://127.0.0.1:${await freePort()}`,
    ]);
    await said(member, READY);
    const etcdctl = findPeer("ETCDCTL_BIN", "etcdctl");
    if (etcdctl === undefined) return;
    const env = { PATH: process.env["PATH"], ETCDCTL_API: "3" };
    const put = (timeout: string): string =>
      execFileSync(etcdctl, ["--command-timeout", timeout, ...command("etcdctl")], {
        encoding: "utf8",
        env,
        stdio: "pipe",
      });
    expect(put("60s")).toBe("OK\n");
    await run("revoke", "client-root", "--dir", dir);
    const [moved = ""] = readdirSync(join(dir, "revoked")).filter((file) => file.includes("root"));
    expect(moved).toMatch(/^client-root-[0-9a-f]+\.crt$/);
    expect(readdirSync(dir)).not.toContain("client-root.key");
  });
});

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { nodetcdBolt } from "./run-bolt.ts";
import { writeVariedFile } from "./sample-files.ts";

const directory = fs.mkdtempSync(join(tmpdir(), "bolt-bad-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const good = join(directory, "good.db");
writeVariedFile(good, 4096, false);

function damaged(name: string, damage: (bytes: Buffer) => Uint8Array): string {
  const path = join(directory, name);
  fs.writeFileSync(path, damage(fs.readFileSync(good)));
  return path;
}

function inBothMetas(work: (meta: Buffer) => void): (bytes: Buffer) => Buffer {
  return (bytes) => {
    for (const start of [16, 4112]) work(bytes.subarray(start, start + 64));
    return bytes;
  };
}

const FILES: readonly (readonly [string, string, RegExp])[] = [
  ["no file", join(directory, "none.db"), /source database file ".*none\.db" doesn't exist/],
  ["a directory", directory, /EISDIR|invalid database/],
  ["an empty file", damaged("empty", () => Buffer.alloc(0)), /invalid database/],
  ["a text", damaged("text", () => Buffer.from("no database\n".repeat(900))), /invalid database/],
  ["100 bytes", damaged("short", (bytes) => bytes.subarray(0, 70)), /invalid database/],
  [
    "wrong magic",
    damaged(
      "magic",
      inBothMetas((meta) => meta.fill(0, 0, 4)),
    ),
    /invalid database/,
  ],
  [
    "wrong version",
    damaged(
      "version",
      inBothMetas((meta) => meta.writeUInt32LE(7, 4)),
    ),
    /version mismatch: file has 7/,
  ],
  [
    "wrong checksum",
    damaged(
      "sum",
      inBothMetas((meta) => meta.fill(9, 56)),
    ),
    /checksum error/,
  ],
  [
    "other byte order",
    damaged(
      "order",
      inBothMetas((meta) => meta.subarray(0, 4).reverse()),
    ),
    /written on a machine of the other byte order/,
  ],
];

describe.each(FILES)("%s:", (_, path, message) => {
  test.each(["check", "info", "buckets", "pages", "stats", "inspect"])("%s", (command) => {
    const { code, out, err } = nodetcdBolt([command, path]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(message);
    expect(err).toContain(path);
  });

  test("keys, get, compact, surgery", () => {
    const output = join(directory, "output.db");
    for (const args of [
      ["keys", path, "b"],
      ["get", path, "b", "k"],
      ["compact", path, "-o", output],
      ["surgery", "revert-meta-page", path, "--output", output],
      ["surgery", "clear-page", path, "--pageId", "3", "--output", output],
    ]) {
      const { code, err } = nodetcdBolt(args);
      const isRaw = args[0] === "surgery" && /version|checksum/.test(message.source);
      if (!isRaw) expect({ args, code, err }).toMatchObject({ code: 1, err: /./ });
      fs.rmSync(output, { force: true });
    }
  });
});

describe("a file cut short:", () => {
  const path = damaged("cut", (bytes) => bytes.subarray(0, Math.floor(bytes.length / 3)));

  test("check lists what is missing and exits with 1", () => {
    const { code, out, err } = nodetcdBolt(["check", path]);
    expect(code).toBe(1);
    expect(out).toMatch(/beyond the end of the file\n(.*\n)*\d+ errors found\n$/);
    expect(err).toContain(`${path} is damaged`);
  });

  test("compact leaves no half of a copy behind", () => {
    const output = join(directory, "half.db");
    const { code, err } = nodetcdBolt(["compact", path, "-o", output]);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining("corrupt") });
    expect(fs.existsSync(output)).toBe(false);
  });

  test("every other command ends with 0 or 1", () => {
    for (const command of ["info", "buckets", "pages", "stats", "inspect"]) {
      expect([0, 1]).toContain(nodetcdBolt([command, path]).code);
    }
    expect(nodetcdBolt(["page", "--all", path]).code).toBe(1);
    expect(nodetcdBolt(["dump", path, "9999"]).err).toContain("beyond the end of the file");
    expect(nodetcdBolt(["page", path, "9999"]).code).toBe(1);
  });
});

describe("the program itself", () => {
  function nodetcd(args: string[]): { status: number | null; stdout: string; stderr: string } {
    const node = ["--conditions=@nodetcd/source", "--import", "tsx", MAIN, "bolt", ...args];
    return spawnSync(process.execPath, node, { encoding: "utf8", timeout: 150_000 });
  }

  test("prints to the descriptors and exits with the code", () => {
    expect(nodetcd(["check", good])).toMatchObject({ status: 0, stdout: "OK\n", stderr: "" });
    const bad = nodetcd(["check", join(directory, "magic")]);
    expect(bad).toMatchObject({ status: 1, stdout: "" });
    expect(bad.stderr).toMatch(/^Error: .*invalid database/);
  });

  test("stops quietly when nobody reads on", () => {
    const node = `'${process.execPath}' --conditions=@nodetcd/source --import tsx '${MAIN}'`;
    const line = `${node} bolt page --all '${good}' | head -1`;
    const { stdout, stderr } = spawnSync("sh", ["-c", line], {
      encoding: "utf8",
      timeout: 150_000,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "Page ID:    0\n", stderr: "" });
  });
});

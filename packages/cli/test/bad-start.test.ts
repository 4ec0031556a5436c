import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { logLines, memberArgs, start, startMember, temporaryDirectory } from "./support/program.ts";

const directory = temporaryDirectory();
const NOBODY = 65_534;

interface Case {
  readonly name: string;
  /** Makes the data directory what it is; it does not exist before. */
  readonly make: (dataDir: string) => void;
  /** What went wrong and where, and what to do; `DIR` stands for the data directory. */
  readonly says: readonly string[];
  readonly code?: string;
  /** Without the rights of the superuser, whom nothing is forbidden. */
  readonly asNobody?: boolean;
}

function databaseOf(dataDir: string): string {
  fs.mkdirSync(join(dataDir, "member/snap"), { recursive: true });
  return join(dataDir, "member/snap/db");
}

const CASES: readonly Case[] = [
  {
    name: "a file in place of the data directory",
    make: (dataDir) => fs.writeFileSync(dataDir, "hello"),
    says: ["DIR/member", "not a directory", "There is a file where a folder is needed"],
  },
  {
    name: "a file in place of the log's directory",
    make(dataDir) {
      databaseOf(dataDir);
      fs.writeFileSync(join(dataDir, "member/wal"), "hello");
    },
    says: ["DIR/member/wal", "There is a file where a folder is needed"],
  },
  {
    name: "a folder in place of the database",
    make: (dataDir) => fs.mkdirSync(databaseOf(dataDir)),
    says: ["DIR/member/snap/db", "a folder in place of a file"],
  },
  {
    name: "a database of other content",
    make: (dataDir) => fs.writeFileSync(databaseOf(dataDir), "x".repeat(20_000)),
    says: ["DIR/member/snap/db", "invalid database", "nodetcd bolt check", "from a snapshot"],
  },
  {
    name: "a data directory that may not be read",
    make: (dataDir) => fs.mkdirSync(dataDir, 0o000),
    says: ["DIR/member", "permission denied", "readable and writable for the user"],
    asNobody: true,
  },
  {
    name: "a parent that may not be written to",
    make(dataDir) {
      const parent = join(dataDir, "..");
      fs.mkdirSync(parent, { recursive: true });
      fs.chmodSync(parent, 0o555);
    },
    says: ["DIR: EACCES: permission denied", "readable and writable for the user"],
    asNobody: true,
  },
];

/** False, said aloud, where this user cannot become one without rights, or that one cannot read the program. */
function canBeNobody(): boolean {
  if (process.getuid?.() !== 0) return true;
  try {
    const ids = { uid: NOBODY, gid: NOBODY };
    execFileSync(
      process.execPath,
      ["-e", `require("node:fs").readdirSync(${JSON.stringify(import.meta.dirname)})`],
      ids,
    );
    return true;
  } catch {
    console.warn("MISSING: a way to run without the superuser's rights: a part is left out");
    return false;
  }
}

describe("nodetcd says what, where and what to do, with exit code 1, of", () => {
  it.each(CASES.map((one, i): [string, Case, number] => [one.name, one, i]))(
    "%s",
    async (_, one, i) => {
      if (one.asNobody === true && !canBeNobody()) return;
      const dataDir = join(directory, String(i), "data");
      fs.mkdirSync(join(directory, String(i)));
      one.make(dataDir);
      fs.chmodSync(directory, 0o755);
      const dropsRights = one.asNobody === true && process.getuid?.() === 0;
      const options = dropsRights ? { uid: NOBODY } : {};
      const running = start(await memberArgs("m", dataDir), options);
      expect(await running.exit, running.output.err).toBe(1);
      const errors = logLines(running).filter(({ level }) => level === "error");
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ msg: "failed to start", code: one.code ?? "DATA_DIR_BAD" });
      for (const words of one.says) {
        expect(errors[0]?.["error"]).toContain(words.replace("DIR", dataDir));
      }
    },
  );

  it("a file system that is mounted for reading only", async () => {
    const mounted = join(directory, "mounted");
    fs.mkdirSync(mounted);
    const mount = `mount -t tmpfs -o ro tmpfs ${mounted} && exec "$@"`;
    const wrapper = ["unshare", "-m", "sh", "-c", mount, "sh"];
    try {
      execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", mounted], {
        stdio: "ignore",
      });
    } catch {
      console.warn("Nothing can be mounted here: a read-only file system is left out");
      return;
    }
    const running = start(await memberArgs("m", join(mounted, "data")), { wrapper });
    expect(await running.exit, running.output.err).toBe(1);
    expect(logLines(running).at(-1)?.["error"]).toContain(
      `Cannot make the directory ${join(mounted, "data")}: EROFS: read-only file system`,
    );
  });

  it("an address in use, in words that scripts look for", async () => {
    const first = await startMember("first", join(directory, "first"));
    const second = start(await memberArgs("second", join(directory, "second"), first.url));
    expect(await second.exit).toBe(1);
    expect(logLines(second).at(-1)).toMatchObject({
      code: "ADDRESS_UNAVAILABLE",
      error: expect.stringMatching(/--listen-client-urls: .*address already in use/),
    });
    // Nothing was made for a member that never was.
    expect(fs.existsSync(join(directory, "second"))).toBe(false);
    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(0);
  });
});

describe("nodetcd starts", () => {
  it("beside files of others in its directory, and with damaged snapshot files, which it does not need", async () => {
    const dataDir = join(directory, "strange");
    const flags = ["--snapshot-count=1"];
    const first = await startMember("strange", dataDir, { flags });
    const snapshots = join(dataDir, "member/snap");
    const files = (): string[] =>
      fs.readdirSync(snapshots).filter((name) => name.endsWith(".snap"));
    await expect.poll(files).not.toEqual([]);
    first.child.kill("SIGTERM");
    await first.exit;
    for (const name of files()) fs.writeFileSync(join(snapshots, name), "damaged");
    for (const folder of ["", "member", "member/snap", "member/wal"]) {
      fs.writeFileSync(join(dataDir, folder, "notes.txt"), "mine");
    }
    const second = await startMember("strange", dataDir, { flags });
    second.child.kill("SIGTERM");
    expect(await second.exit).toBe(0);
    expect(fs.readFileSync(join(dataDir, "member/wal/notes.txt"), "utf8")).toBe("mine");
  });

  it("with a clock of 1963, and of 1995", async () => {
    for (const [name, years] of [
      ["old", 31],
      ["older", 63],
    ] as const) {
      const past = years * 365.25 * 86_400_000;
      const patch = `const now = Date.now; Date.now = () => now() - ${past};`;
      const environment = {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(patch)}`,
      };
      const { child, exit, output } = await startMember(name, join(directory, name), {
        environment,
      });
      expect(output.err).toMatch(/"ts":"19[69]/);
      child.kill("SIGTERM");
      expect(await exit).toBe(0);
    }
  });
});

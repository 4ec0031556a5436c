import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { said, start, temporaryDirectory } from "./support/program.ts";

describe("nodetcd try", () => {
  it("shows a put, a watch and a lease of a real member, and says where the data is", async () => {
    const cwd = temporaryDirectory();
    const { exit, output } = start(["try", "--once"], { cwd });
    expect(await exit, output.err).toBe(0);
    const folder = join(cwd, "nodetcd-try");
    const expected = [
      /^A member serves at http:\/\/127\.0\.0\.1:\d+\. Its data is in\n/,
      /put greeting hello\n {2}OK +revision 2\n/,
      /watch greeting --rev=2\n {2}PUT {5}hello +revision 2\n {2}PUT {5}good morning +revision 3\n/,
      /lease grant 2\n {2}lease [0-9a-f]+ granted\n/,
      /PUT {5}for a moment +revision 4\n {2}DELETE +revision 5\n {2}[234]\.\d s later/,
    ];
    for (const pattern of expected) expect(output.out).toMatch(pattern);
    expect(output.out).toContain(folder);
    expect(existsSync(join(folder, "member/snap/db"))).toBe(true);
    expect(output.err).toBe("");
  });

  it("serves on until a signal, and takes its folder again", async () => {
    const cwd = temporaryDirectory();
    for (let i = 0; i < 2; i++) {
      const running = start(["try"], { cwd });
      await expect.poll(() => running.output.out, { timeout: 20_000 }).toContain("until Ctrl-C");
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(running.output.out)?.[0];
      expect((await fetch(`${url}/health`)).status).toBe(200);
      running.child.kill("SIGINT");
      expect(await running.exit).toBe(0);
    }
  });

  it("says what is wrong", async () => {
    const running = start(["try", "--nope"]);
    await said(running, "nodetcd try --help");
    expect(await running.exit).toBe(2);
  });
});

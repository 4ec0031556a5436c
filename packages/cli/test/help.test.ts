import { describe, expect, it } from "vitest";
import { COMMANDS } from "../src/commands.ts";
import { TOPICS } from "../src/help/topics.ts";
import { wrap } from "../src/wrap.ts";
import { start } from "./support/program.ts";

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const running = start(args);
  const code = await running.exit;
  return { code, ...running.output };
}

describe("nodetcd help", () => {
  it("lists every command and topic", async () => {
    const { code, out } = await run("help");
    expect(code).toBe(0);
    for (const { name, summary } of [...COMMANDS, ...TOPICS]) {
      expect(out).toMatch(
        new RegExp(`^  ${name} +${summary.replace(/[.()*+?$']/g, "\\$&")}$`, "m"),
      );
    }
  });

  it("explains topics, and commands by their own help", async () => {
    const topic = await run("help", "feature-gates");
    expect(topic.out).toContain("LeaseCheckpoint (ALPHA, false)");
    const [ctl, own] = await Promise.all([run("help", "ctl", "get"), run("ctl", "get", "--help")]);
    expect(ctl).toEqual(own);
    expect(own.out).toContain("--prefix");
  });

  it("suggests what was meant", async () => {
    const { code, err } = await run("help", "enviroment");
    expect(code).toBe(1);
    expect(err).toContain("Did you mean environment?");
  });
});

describe("wrap", () => {
  it("breaks at blanks and leaves longer words whole", () => {
    expect(wrap("aa bb cccccccccc d", 7, 1)).toBe(" aa bb\n cccccccccc\n d");
  });
});

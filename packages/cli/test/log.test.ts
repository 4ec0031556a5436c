import { describe, expect, it } from "vitest";
import { consoleFormat, jsonFormat } from "../src/log/format.ts";
import { lineLogger } from "../src/log/logger.ts";
import { nodeClock } from "@nodetcd/runtime/node";

describe("jsonFormat", () => {
  it("is one JSON object with zap's keys first, microseconds and no raw bigint", () => {
    const line = jsonFormat("warn", 1_136_214_245_999, "hi\n", {
      id: 255n,
      urls: ["a"],
      gone: undefined,
    });
    expect(line).toBe(
      '{"level":"warn","ts":"2006-01-02T15:04:05.999000Z","caller":"nodetcd/server","msg":"hi\\n","id":"255","urls":["a"]}',
    );
  });

  it("keeps a field that has the name of one of its own keys", () => {
    expect(JSON.parse(jsonFormat("info", 0, "m", { level: 3 }))).toMatchObject({
      level: "info",
      level_: 3,
    });
  });
});

describe("consoleFormat", () => {
  it("shows time, level, message and fields, quoted where needed", () => {
    expect(consoleFormat(false)("info", 0, "started", { a: "x y", b: 2, c: ["d", "e"] })).toBe(
      '00:00:00.000 INFO  started a="x y" b=2 c=d,e',
    );
  });

  it("lets no control character through", () => {
    const line = consoleFormat(false)("info", 0, "m", { a: "x\u001b[2Jy\n" });
    // oxlint-disable-next-line no-control-regex
    expect(line).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe("lineLogger", () => {
  it("drops what is below its level", () => {
    const lines: string[] = [];
    const write = (text: string): number => lines.push(text);
    const logger = lineLogger({ clock: nodeClock, level: "warn", format: jsonFormat, write });
    logger.info("no");
    logger.warn("yes");
    logger.error("also");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["yes", "also"]);
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONFIG_FILE_BYTES_MAX, readConfigText } from "../src/flags/config-text.ts";
import { readSettings } from "../src/flags/settings.ts";
import { temporaryDirectory } from "./support/program.ts";

const path = join(temporaryDirectory(), "etcd.yaml");
const CONTENT = "name: ünlü\nsnapshot-count: 7\n";

function swapped(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

describe("readConfigText", () => {
  it.each<[string, Buffer]>([
    ["UTF-8", Buffer.from(CONTENT)],
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${CONTENT}`)],
    ["line ends of Windows", Buffer.from(CONTENT.replaceAll("\n", "\r\n"))],
    ["both", Buffer.from(`\uFEFF${CONTENT.replaceAll("\n", "\r\n")}`)],
    ["UTF-16, least byte first", Buffer.from(`\uFEFF${CONTENT}`, "utf16le")],
    ["UTF-16, greatest byte first", swapped(`\uFEFF${CONTENT}`)],
  ])("and readSettings take %s", (_, bytes) => {
    writeFileSync(path, bytes);
    const args = ["--config-file", path];
    const request = readSettings({ args, environment: {}, readFile: readConfigText });
    expect(request).toMatchObject({
      kind: "serve",
      settings: { config: { name: "ünlü", snapshotCount: 7 } },
    });
  });

  it("refuses what has no end, and what is too long, before it has read it", () => {
    expect(() => readConfigText("/dev/zero")).toThrow("longer than");
    writeFileSync(path, Buffer.alloc(CONFIG_FILE_BYTES_MAX, "#"));
    expect(readConfigText(path)).toHaveLength(CONFIG_FILE_BYTES_MAX);
    writeFileSync(path, Buffer.alloc(CONFIG_FILE_BYTES_MAX + 1, "#"));
    expect(() => readConfigText(path)).toThrow("longer than");
  });

  it("of half a character, or of nothing, fails no worse than by its content", () => {
    for (const bytes of [[], [0xfe], [0xfe, 0xff], [0xff, 0xfe, 0x61], [0xfe, 0xff, 0x61]]) {
      writeFileSync(path, Buffer.from(bytes));
      expect(readConfigText(path).length).toBeLessThan(2);
    }
  });
});

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { keyId, openScene } from "./scene.ts";
import type { Stage } from "./stage.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Every page, and pages in their states, by name. */
export const PAGES: readonly (readonly [string, string])[] = [
  ["cluster", "/cluster"],
  ["watch", "/watch?from=1"],
  ["space", "/space?prefix=%2Fregistry%2F"],
  ["keys", "/keys"],
  ["key", `/keys/${keyId("/registry/deployments/shop/checkout")}`],
  ["key-yaml", `/keys/${keyId("/settings/theme")}`],
  ["key-past", `/keys/${keyId("/registry/deployments/shop/checkout")}?at=REVISION`],
  ["history", "/history?prefix=%2Fregistry%2Fdeployments%2F"],
  ["leases", "/leases"],
  ["locks", "/locks"],
  ["compact", "/maintenance/compact"],
  ["defragment", "/maintenance/defragment"],
  ["snapshots", "/maintenance/snapshots"],
  ["hashes", "/maintenance/hashes"],
  ["out-of-space", "/maintenance/space"],
  ["jobs", "/jobs"],
  ["access", "/access"],
  ["audit", "/audit"],
];

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary: string;
  }[];
}

/** What axe finds on each page in both themes, and with the dialogs open; one line each. */
export async function findings(browser: Browser, stage: Stage): Promise<string[]> {
  const found: string[] = [];
  const { revision } = await stage.client.put(
    "/registry/deployments/shop/now",
    "the past is behind",
  );
  for (const theme of ["light", "dark"] as const) {
    const scene = await openScene(browser, stage, { theme });
    const look = async (name: string): Promise<void> => {
      const violations = await audit(scene.page);
      found.push(...violations.map((text) => `${name}, ${theme}: ${text}`));
    };
    for (const [name, path] of PAGES) {
      await scene.go(path.replace("REVISION", String(revision)));
      await scene.page.waitForTimeout(900);
      await look(name);
    }
    await scene.go("/cluster");
    await scene.page.keyboard.press("Control+k");
    await scene.page.getByRole("combobox").waitFor();
    await look("palette");
    await scene.page.keyboard.press("Escape");
    await scene.page.keyboard.press("?");
    await scene.page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
    await look("shortcuts");
    await scene.page.keyboard.press("Escape");
    await scene.unlock();
    await scene.go(`/keys/${keyId("/settings/theme")}`);
    await scene.page.waitForTimeout(500);
    await scene.page.keyboard.press("e");
    await scene.page.getByRole("textbox", { name: "New value" }).waitFor();
    await look("edit");
    found.push(...scene.problems.map((text) => `${theme}: ${text}`));
    await scene.close();
  }
  return found;
}

async function audit(page: { evaluate(script: string): Promise<unknown> }): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((result) => result.violations)`,
  )) as Violation[];
  return violations.map(({ id, help, nodes }) => {
    const [first] = nodes;
    const why = first?.failureSummary.split("\n").slice(1, 3).join(" ").trim() ?? "";
    return `${id} (${help}) ${nodes.length}x ${first?.target.join(" ") ?? ""}: ${why}`;
  });
}

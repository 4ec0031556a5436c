import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
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
  ["members", "/maintenance/members"],
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

const THEMES = ["light", "dark"] as const;

/** What axe finds on each page in both themes, and with the dialogs open; one line each. */
export async function findings(browser: Browser, stage: Stage): Promise<string[]> {
  const found: string[] = [];
  const { revision } = await stage.client.put(
    "/registry/deployments/shop/now",
    "the past is behind",
  );
  const scene = await openScene(browser, stage);
  const { page } = scene;
  const look = async (name: string): Promise<void> => {
    await settled(page);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      const violations = await audit(page);
      found.push(...violations.map((text) => `${name}, ${colorScheme}: ${text}`));
    }
  };
  for (const [name, path] of PAGES) {
    await scene.go(path.replace("REVISION", String(revision)));
    await look(name);
  }
  await scene.go("/cluster");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await look("palette");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
  await look("shortcuts");
  await page.keyboard.press("Escape");
  await scene.unlock();
  await scene.go(`/keys/${keyId("/settings/theme")}`);
  await page.getByText("accent: sea").first().waitFor();
  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "New value" }).waitFor();
  await look("edit");
  found.push(...scene.problems);
  await scene.close();
  return found;
}

/** Waits until nothing of the page is still to come. */
async function settled(page: Page): Promise<void> {
  await page.waitForTimeout(250);
  await page.waitForFunction("document.querySelector('.sk') === null");
}

async function audit(page: Page): Promise<string[]> {
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

import { equal, ok } from "node:assert/strict";
import { goBy } from "../by-keyboard.ts";
import type { Task } from "../scene.ts";

export const CLUSTER_TASKS: readonly Task[] = [
  {
    name: "cluster: the verdict comes first, the members and their figures below it",
    run: async ({ go, page, stage }) => {
      await go("/");
      await page.waitForURL(/\/cluster$/);
      equal(await page.locator("h1").count(), 1);
      const rows = page.getByRole("region", { name: "Members, table" }).locator("tbody tr");
      await rows.first().waitFor();
      equal(await rows.count(), stage.members.length);
      for (const { name } of stage.members)
        await page.getByText(name, { exact: true }).first().waitFor();
      const text = await rows.first().innerText();
      ok(/3\.\d+\.\d+/.test(text), text);
      await page.getByText("NOSPACE").first().waitFor();
      await page.locator(".plot canvas").waitFor();
    },
  },
  {
    name: "cluster: by keyboard to every page, the palette, the sheet of shortcuts and the theme",
    run: async ({ go, page }) => {
      await go("/cluster");
      for (const [keys, path] of [
        ["gk", "/keys"],
        ["gw", "/watch"],
        ["gs", "/space"],
        ["gh", "/history"],
        ["gl", "/leases"],
        ["go", "/locks"],
        ["gm", "/maintenance"],
        ["gu", "/access"],
        ["ga", "/audit"],
        ["gc", "/cluster"],
      ] as const)
        await goBy(page, keys, path);
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("maint");
      await page.keyboard.press("Enter");
      await page.waitForURL(/maintenance/);
      await page.keyboard.press("Shift+L");
      const theme = (): Promise<unknown> => page.evaluate("document.documentElement.dataset.theme");
      equal(await theme(), "light");
      await page.keyboard.press("Shift+L");
      equal(await theme(), "dark");
      await page.reload();
      equal(await theme(), "dark");
    },
  },
  {
    name: "rail: travels to a revision and comes back",
    run: async ({ go, page, sees }) => {
      await go("/keys");
      await page.keyboard.press("t");
      await page.getByRole("dialog").getByRole("textbox").fill("50");
      await page.keyboard.press("Enter");
      await sees("You look at revision");
      equal(new URL(page.url()).searchParams.get("at"), "50");
      await page.keyboard.press("n");
      await page.getByText("You look at revision").waitFor({ state: "detached" });
    },
  },
];

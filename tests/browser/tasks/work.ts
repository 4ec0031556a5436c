import { equal, ok, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Task } from "../scene.ts";

export const WORK_TASKS: readonly Task[] = [
  {
    name: "maintenance: a compaction says what goes, asks for the name, and does it",
    run: async ({ go, page, stage, sees, unlock }) => {
      const { revision } = await stage.client.put("/compact/x", "1");
      await go("/maintenance/compact");
      await unlock();
      await page.getByRole("textbox", { name: "Revision" }).fill(String(revision));
      await sees("This cannot be undone.");
      const button = page.getByRole("button", { name: /^Compact to/ });
      equal(await button.isDisabled(), true);
      await page.getByRole("textbox", { name: /^Type/ }).fill(stage.name);
      await button.click();
      await sees(/Compacted to|There is no history|is the oldest/);
      await page.waitForTimeout(500);
      await rejects(stage.client.get("/compact/x", { revision: revision - 1 }), /compacted/);
    },
  },
  {
    name: "maintenance: defragments followers first and the leader last, behind the gates",
    run: async ({ go, page, stage, sees, unlock }) => {
      await go("/maintenance/defragment");
      await unlock();
      await page.getByRole("button", { name: /^Defragment (3|the) member/ }).click();
      await page.getByText(/is done after/).waitFor({ timeout: 120_000 });
      await sees("Check");
      const steps = await page.locator(".steps b").allInnerTexts();
      equal(steps.filter((step) => step.startsWith("Defragment")).length, stage.members.length);
      if (stage.members.length > 1) ok(steps.at(-3)?.startsWith("Hand leadership"), steps.join());
    },
  },
  {
    name: "maintenance: a snapshot is downloaded, hashes are compared",
    run: async ({ go, page, stage, sees }) => {
      await go("/maintenance/snapshots");
      const waiting = page.waitForEvent("download");
      await page.getByRole("link", { name: "Download a snapshot" }).first().click();
      const path = await (await waiting).path();
      equal(readFileSync(path).length % 4_096, 32);
      await page.getByRole("tab", { name: "Compare hashes" }).click();
      await page.getByRole("button", { name: "Compare now" }).click();
      await sees(stage.members.length > 1 ? /have the same data/ : /nothing to compare/);
    },
  },
  {
    name: "access: a user, a role, a permission, and the answer to who may",
    run: async ({ go, page, stage, sees, unlock }) => {
      await go("/access");
      await unlock();
      const user = page.getByRole("textbox", { name: "New user" });
      await user.fill("ada");
      await page.getByLabel("Password").fill("pw");
      await page.getByRole("button", { name: "Add user" }).click();
      await page.getByRole("textbox", { name: "New role" }).fill("zoo");
      await page.getByRole("button", { name: "Add role" }).click();
      const zoo = page.getByRole("group", { name: "Role zoo" });
      await zoo.getByRole("textbox", { name: "Key or prefix" }).fill("/shop/");
      await zoo.getByRole("button", { name: "Allow" }).click();
      await sees("all keys that begin with /shop/");
      await page.getByRole("combobox", { name: "Give ada a role" }).selectOption("zoo");
      await page.getByRole("button", { name: "Take role zoo from ada" }).waitFor();
      await page.getByRole("combobox", { name: "User", exact: true }).selectOption("ada");
      await page.getByRole("textbox", { name: "Key", exact: true }).fill("/shop/x");
      await sees("Role zoo: read on all keys that begin with /shop/.");
      await page.getByRole("combobox", { name: "What" }).selectOption("write");
      await sees("No role of the user allows it.");
      equal((await stage.client.auth.user("ada")).join(), "zoo");
      await stage.client.auth.deleteUser("ada");
      await stage.client.auth.deleteRole("zoo");
    },
  },
  {
    name: "audit: what was done is there, with who and what",
    run: async ({ go, page, unlock, sees }) => {
      await go("/audit");
      await unlock();
      await sees("unlock writes");
      await page.getByRole("textbox", { name: "Filter" }).fill("nothing of this kind");
      await sees("Nothing was done yet.");
    },
  },
  {
    name: "read-only: what writes is shown, is off, and says why",
    run: async ({ go, page }) => {
      await go("/keys");
      const button = page.getByRole("button", { name: "New" });
      equal(await button.getAttribute("aria-disabled"), "true");
      ok((await button.getAttribute("title"))?.includes("locked"));
      await button.click({ force: true });
      equal(await page.getByRole("dialog").count(), 0);
    },
  },
];

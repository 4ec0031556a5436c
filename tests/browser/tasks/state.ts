import { equal, ok } from "node:assert/strict";
import type { Task } from "../scene.ts";

export const STATE_TASKS: readonly Task[] = [
  {
    name: "watch: events come, are paused, resumed and looked into, by keyboard",
    run: async ({ go, page, stage, sees }) => {
      await go("/watch?prefix=/tail/");
      await sees(/0 events|Nothing has changed/);
      await page.waitForTimeout(500);
      await stage.client.put("/tail/a", "before");
      await page.getByText("/tail/a").first().waitFor();
      await page.keyboard.press("Space");
      await sees("Paused");
      await stage.client.put("/tail/a", "after");
      await sees(/1 wait/);
      await page.keyboard.press("Space");
      const log = page.getByRole("log");
      await log.focus();
      await page.keyboard.press("ArrowDown");
      await page.getByRole("region", { name: "What changed" }).waitFor();
      await sees("before");
    },
  },
  {
    name: "watch: from a revision, and filtered on the server",
    run: async ({ go, page, stage }) => {
      const { revision } = await stage.client.put("/from/wanted", "1");
      await stage.client.put("/from/other", "1");
      await go(`/watch?prefix=/from/&pattern=wanted&from=${revision}`);
      await page.getByRole("log").getByText("/from/wanted").waitFor();
      equal(await page.getByRole("log").getByText("/from/other").count(), 0);
    },
  },
  {
    name: "space: the map and the table lead down to a key",
    run: async ({ go, page }) => {
      await go("/space");
      await page
        .getByRole("region", { name: "Prefixes, table" })
        .getByRole("link", { name: "/registry/" })
        .click();
      await page.waitForURL(/prefix=/);
      await page
        .getByRole("region", { name: "Prefixes, table" })
        .getByRole("link", { name: "/registry/pods/" })
        .click();
      await page.getByRole("navigation", { name: "Prefix" }).getByText("pods/").waitFor();
      await page.getByRole("button", { name: "Keys" }).click();
      ok((await page.locator(".map a").count()) >= 4);
    },
  },
  {
    name: "space: history is measured by prefix, and the keys that are written most are named",
    run: async ({ go, page, stage, sees }) => {
      await go("/space");
      await sees(/Written most/);
      for (let at = 0; at < 30; at++) await stage.client.put("/busy/one", "x".repeat(1_000));
      await stage.client.put("/busy/two", "x");
      await page.getByRole("button", { name: "Measure history" }).click();
      await page.getByRole("button", { name: "Measure history again" }).waitFor();
      const row = page.getByRole("row").filter({ hasText: "/busy/" }).first();
      ok(/2[89](\.\d)? KiB/.test(await row.innerText()), await row.innerText());
      await go("/space");
      const top = page.getByRole("region", { name: "Written most, table" });
      await top.getByRole("link", { name: "/busy/one" }).waitFor();
    },
  },
  {
    name: "history: what a prefix was and is, and the way back",
    run: async ({ go, page, stage, sees, unlock }) => {
      await stage.client.put("/undo/kept", "old");
      const { revision } = await stage.client.put("/undo/gone", "old");
      await stage.client.delete("/undo/gone");
      await stage.client.put("/undo/kept", "new");
      await go(`/history?prefix=/undo/&from=${revision}`);
      await sees("0 added, 1 changed, 1 removed");
      await page.getByRole("button", { name: "/undo/kept" }).click();
      await page.getByRole("region", { name: "What differs" }).waitFor();
      await unlock();
      await page.getByRole("textbox", { name: /^Type/ }).fill("/undo/");
      await page.getByRole("button", { name: "Restore 2 keys" }).click();
      await sees("2 restored, 0 removed, 0 left alone.");
      equal((await stage.client.get("/undo/gone"))?.text(), "old");
      equal((await stage.client.get("/undo/kept"))?.text(), "old");
    },
  },
  {
    name: "leases: one is revoked, with its keys",
    run: async ({ go, page, stage, unlock }) => {
      const lease = await stage.client.leases.grant(500);
      await stage.client.put("/with-lease", "x", { lease });
      await go("/leases");
      await unlock();
      const row = page.getByRole("row").filter({ hasText: "/with-lease" });
      await row.getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("button", { name: "Revoke, and delete 1 key" }).click();
      await row.waitFor({ state: "detached" });
      equal(await stage.client.get("/with-lease"), undefined);
    },
  },
  {
    name: "locks: who holds, who waits, who leads",
    run: async ({ go, page, sees }) => {
      await go("/locks");
      await sees("/locks/nightly");
      const nightly = page.getByRole("region", { name: "/locks/nightly" });
      equal(await nightly.getByRole("listitem").count(), 2);
      await nightly.getByText("holds").waitFor();
      await page
        .getByRole("region", { name: "/elections/scheduler" })
        .getByText("node-07")
        .waitFor();
    },
  },
];

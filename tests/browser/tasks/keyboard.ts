/** The main task of each page by keyboard alone. */
import { equal } from "node:assert/strict";
import { fill, goBy, press, reach, unlock, walkTo } from "../by-keyboard.ts";
import type { Task } from "../scene.ts";
import { compactedTo } from "./work.ts";

export const KEYBOARD_TASKS: readonly Task[] = [
  {
    name: "by keyboard: keys: a search leads to a key, an edit is written, a key is deleted",
    run: async (scene) => {
      const { go, page, stage, sees } = scene;
      await stage.client.put("/by-hand/one", "before");
      await go("/keys");
      await unlock(scene);
      await page.keyboard.press("/");
      await page.keyboard.type("by-hand");
      await press(scene, "button", "/by-hand/one");
      await sees("before");
      await page.keyboard.press("e");
      await page.getByRole("textbox", { name: "New value" }).waitFor();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("after");
      await page.keyboard.press("Control+Enter");
      await page.getByRole("textbox", { name: "New value" }).waitFor({ state: "detached" });
      equal((await stage.client.get("/by-hand/one"))?.text(), "after");
      await press(scene, "button", "Delete");
      await press(scene, "button", "Delete 1 key");
      await page.waitForURL(/\/keys$/);
      equal(await stage.client.get("/by-hand/one"), undefined);
    },
  },
  {
    name: "by keyboard: space: from the table down to a prefix, and the map by keys",
    run: async (scene) => {
      const { go, page } = scene;
      await go("/space");
      await press(scene, "link", "/registry/");
      await page.waitForURL(/prefix=/);
      await press(scene, "button", "Keys");
      equal(
        await page.getByRole("button", { name: "Keys", exact: true }).getAttribute("aria-pressed"),
        "true",
      );
    },
  },
  {
    name: "by keyboard: history: a prefix is compared, and restored",
    run: async (scene) => {
      const { go, page, stage, sees } = scene;
      const { revision } = await stage.client.put("/undo-by-hand/x", "old");
      await stage.client.put("/undo-by-hand/x", "new");
      await go("/history");
      await unlock(scene);
      await fill(scene, "textbox", "Prefix", "/undo-by-hand/");
      await fill(scene, "textbox", "From", String(revision));
      await page.keyboard.press("Enter");
      await sees("0 added, 1 changed, 0 removed");
      await press(scene, "button", "/undo-by-hand/x");
      await page.getByRole("region", { name: "What differs" }).waitFor();
      await fill(scene, "textbox", /^Type/, "/undo-by-hand/");
      await press(scene, "button", "Restore 1 key");
      await sees("1 restored, 0 removed, 0 left alone.");
      equal((await stage.client.get("/undo-by-hand/x"))?.text(), "old");
    },
  },
  {
    name: "by keyboard: leases: one is revoked; locks: who holds is a link to the key",
    run: async (scene) => {
      const { go, page, stage } = scene;
      const lease = await stage.client.leases.grant(60);
      await stage.client.put("/lease-by-hand", "x", { lease });
      await go("/leases");
      await unlock(scene);
      await press(scene, "button", `Revoke ${lease.id.toString(16)}`);
      await press(scene, "button", "Revoke, and delete 1 key");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      equal(await stage.client.get("/lease-by-hand"), undefined);
      await goBy(page, "go", "/locks");
      await press(scene, "link", /^[0-9a-f]{8,16}$/);
      await page.waitForURL(/\/keys\//);
    },
  },
  {
    name: "by keyboard: maintenance: through the tabs, a compaction, a snapshot, the hashes",
    run: async (scene) => {
      const { go, page, stage, sees } = scene;
      const { revision } = await stage.client.put("/compact-by-hand", "1");
      await go("/maintenance");
      await unlock(scene);
      await walkTo(scene, "link", "Download a snapshot");
      const waiting = page.waitForEvent("download");
      await page.keyboard.press("Enter");
      await (await waiting).path();
      await fill(scene, "textbox", "Revision", String(revision));
      await fill(scene, "textbox", /^Type/, stage.name);
      await press(scene, "button", /^Compact to/);
      await compactedTo(stage, revision);
      await walkTo(scene, "tab", "Compact");
      for (const name of ["Defragment", "Members", "Snapshots", "Compare hashes"]) {
        await page.keyboard.press("ArrowRight");
        await page.getByRole("tab", { name, selected: true }).waitFor();
      }
      await press(scene, "button", "Compare now");
      await sees(/have the same data|nothing to compare/);
    },
  },
  {
    name: "by keyboard: access: who may read what; audit: filtered",
    run: async (scene) => {
      const { go, page, stage, sees } = scene;
      await go("/access");
      await unlock(scene);
      await fill(scene, "textbox", "New user", "linus");
      await reach(page, page.getByLabel("Password"));
      await page.keyboard.type("pw");
      await press(scene, "button", "Add user");
      await page.getByRole("button", { name: "Delete user linus" }).waitFor();
      await walkTo(scene, "combobox", "User");
      await page.keyboard.type("linus");
      await fill(scene, "textbox", "Key", "/shop/x");
      await sees(/has no role|No role of the user allows it/);
      equal((await stage.client.auth.user("linus")).length, 0);
      await stage.client.auth.deleteUser("linus");
      await go("/audit");
      await fill(scene, "textbox", "Filter", "linus");
      await sees("addUser");
    },
  },
];

import { equal, ok } from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Task } from "../scene.ts";
import type { Stage } from "../stage.ts";

/** Waits until nothing before this revision can be read any more. */
export async function compactedTo({ client }: Stage, revision: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const refusal = await client.get("x", { revision: revision - 1 }).then(
      () => "",
      (error: Error) => error.message,
    );
    if (refusal !== "") return ok(refusal.includes("compacted"), refusal);
    ok(tries < 200, `nothing was compacted to ${revision}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

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
      await compactedTo(stage, revision);
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
    name: "maintenance: a snapshot is opened in the browser, and one key restored from it",
    run: async ({ go, page, stage, sees, unlock }) => {
      const { client } = stage;
      await client.put("/from-file/wanted", '{"size":1}');
      const { revision } = await client.put("/from-file/changed", "as it was");
      // Whoever gives the snapshot must have come so far.
      for (const endpoint of stage.endpoints) {
        while ((await client.maintenance.status({ endpoint })).revision < revision);
      }
      const file = join(tmpdir(), `nodetcd-browser-${process.pid}-${stage.name}.db`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of client.maintenance.snapshot()) chunks.push(chunk);
      writeFileSync(file, Buffer.concat(chunks));
      await client.delete("/from-file/wanted");
      await client.put("/from-file/changed", "as it is");
      await go("/maintenance/snapshots");
      await unlock();
      await page.getByLabel("Open a file").setInputFiles(file);
      await page.getByRole("textbox", { name: "Find" }).fill("from-file");
      await page.getByRole("button", { name: "/from-file/changed" }).click();
      await sees("The cluster has another value");
      await page.getByRole("button", { name: "/from-file/wanted" }).click();
      await sees("The cluster has no such key");
      await page.getByRole("button", { name: "Restore this key" }).click();
      await sees("The cluster has the same value");
      equal((await client.get("/from-file/wanted"))?.text(), '{"size":1}');
      equal((await client.get("/from-file/changed"))?.text(), "as it is");
      writeFileSync(file, Buffer.concat(chunks).subarray(0, 30_000));
      await page.getByLabel("Open a file").setInputFiles(file);
      await sees(/It cannot be read: The file is cut off or damaged/);
      rmSync(file);
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

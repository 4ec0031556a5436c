import { equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyId, type Task } from "../scene.ts";

export const KEYS_TASKS: readonly Task[] = [
  {
    name: "keys: by mouse through the tree to a value",
    run: async ({ go, page, sees }) => {
      await go("/keys");
      await page.getByRole("treeitem", { name: /\/registry\// }).click();
      await page.getByRole("treeitem", { name: /^deployments\// }).click();
      await page.getByRole("treeitem", { name: /^shop\// }).click();
      await page.getByRole("treeitem", { name: "cart" }).click();
      await sees("images.harbor.example/cart");
      ok(page.url().includes(keyId("/registry/deployments/shop/cart")));
      await page.getByRole("tab", { name: "YAML" }).click();
      await sees("kind: Deployment");
      await page.getByRole("tab", { name: "Hex" }).click();
      await sees("000000");
    },
  },
  {
    name: "keys: who comes again gets the tree with the page; it is asked for once",
    run: async ({ go, page }) => {
      await go("/keys");
      await page.getByRole("treeitem").first().waitFor();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.reload();
      await page.getByRole("treeitem").first().waitFor();
      equal(await page.locator("link[rel=preload][href*='keys/children']").count(), 1);
      equal(asked.filter((url) => url.includes("keys/children?")).length, 1);
    },
  },
  {
    name: "keys: by keyboard through the tree to a value",
    run: async ({ go, page, sees }) => {
      await go("/keys");
      await page.getByRole("treeitem").first().focus();
      await page.keyboard.type("/set");
      // A slash is the shortcut of the search; letters alone lead within the tree.
      await page.keyboard.press("Escape");
      await page.getByRole("treeitem").first().focus();
      for (let at = 0; at < 12; at++) {
        const name = await page.evaluate("document.activeElement.textContent");
        if (String(name).startsWith("/settings/")) break;
        await page.keyboard.press("ArrowDown");
        await page.waitForTimeout(60);
      }
      await page.keyboard.press("ArrowRight");
      await page.getByRole("treeitem", { name: "theme" }).waitFor();
      await page.keyboard.press("ArrowRight");
      await page.waitForTimeout(60);
      await page.keyboard.type("th");
      await page.waitForTimeout(100);
      await page.keyboard.press("Enter");
      await sees("accent");
    },
  },
  {
    name: "keys: search by words on the server",
    run: async ({ go, page, sees }) => {
      await go("/keys");
      await page.keyboard.press("/");
      await page.keyboard.type("deployments checkout -edge");
      await sees(/3 found/);
      await page.getByRole("button", { name: "/registry/deployments/shop/checkout" }).click();
      await sees("images.harbor.example/checkout");
    },
  },
  {
    name: "keys: values as what they are: numbers of 64 bits, an image, protobuf, encrypted, bytes, hostile text",
    run: async ({ go, page, sees }) => {
      await go(`/keys/${keyId("/settings/flags")}`);
      await sees("12345678901234567890");
      await page.getByRole("tab", { name: "YAML" }).click();
      await sees("big: 12345678901234567890".slice(5));
      await go(`/keys/${keyId("/settings/logo")}`);
      await page.getByRole("img", { name: "What the value shows" }).waitFor();
      await go(`/keys/${keyId("/registry/configmaps/shop/limits")}`);
      await sees("v1 ConfigMap");
      await go(`/keys/${keyId("/registry/secrets/shop/token")}`);
      await sees("aescbc:v1:key1");
      await go(`/keys/${keyId(Uint8Array.of(0, 7, 0x6d, 0x65, 0x74, 0x61))}`);
      await sees("\\x00\\x07meta");
      await go(`/keys/${keyId("<img src=x onerror=globalThis.hacked=1>")}`);
      await sees("<script>globalThis.hacked=1</script>");
      equal(await page.evaluate("globalThis.hacked"), undefined);
      await go(`/keys/${keyId("javascript:alert(1)")}`);
      equal(await page.locator("a[href^='javascript:']").count(), 0);
    },
  },
  {
    name: "keys: an edit shows its difference, and is written only if nobody was faster",
    run: async ({ go, page, sees, unlock, stage }) => {
      await stage.client.put("/edit/me", '{\n  "size": 1\n}');
      await go(`/keys/${keyId("/edit/me")}`);
      await unlock();
      await page.keyboard.press("e");
      const editor = page.getByRole("textbox", { name: "New value" });
      await editor.waitFor();
      await page.keyboard.press("Control+a");
      await page.keyboard.type('{ "size": 2 }');
      await sees("Not written yet");
      await stage.client.put("/edit/me", '{\n  "size": 7\n}');
      await page.keyboard.press("Control+Enter");
      await sees(/Somebody was faster/);
      equal((await stage.client.get("/edit/me"))?.text(), '{\n  "size": 7\n}');
      await page.getByRole("button", { name: "Show my text against the newer version" }).click();
      await page.getByRole("button", { name: /^Write \d/ }).click();
      await editor.waitFor({ state: "detached" });
      equal((await stage.client.get("/edit/me"))?.text(), '{ "size": 2 }');
    },
  },
  {
    name: "keys: a new key, and deleting it",
    run: async ({ go, page, unlock, stage, sees }) => {
      await go("/keys");
      await unlock();
      await page.getByRole("button", { name: "New" }).click();
      await page.getByRole("textbox", { name: /Key/ }).fill("/made/by\\x00hand");
      await page.getByRole("textbox", { name: "Value" }).fill("hello");
      await page.getByRole("button", { name: "Write 1 key" }).click();
      await sees("/made/");
      equal((await stage.client.get("/made/by\u0000hand"))?.text(), "hello");
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("button", { name: "Delete 1 key" }).click();
      await page.waitForURL(/\/keys$/);
      equal(await stage.client.get("/made/by\u0000hand"), undefined);
    },
  },
  {
    name: "keys: export, import, and deleting a prefix by its name",
    run: async ({ go, page, unlock, stage, sees }) => {
      for (const name of ["1", "2", "3"]) await stage.client.put(`/bulk/${name}`, name);
      await go("/keys");
      await unlock();
      await page.getByRole("textbox", { name: "Prefix" }).fill("/bulk/");
      await page.getByRole("link", { name: "Export 3 keys" }).waitFor();
      const waiting = page.waitForEvent("download");
      await page.getByRole("link", { name: "Export 3 keys" }).click();
      const file = join(tmpdir(), `nodetcd-browser-${process.pid}.jsonl`);
      await (await waiting).saveAs(file);
      const remove = page.getByRole("button", { name: "Delete 3 keys" });
      equal(await remove.isDisabled(), true);
      await page.getByRole("textbox", { name: /^Type/ }).fill("/bulk/");
      await remove.click();
      await sees("3 keys deleted.");
      equal((await stage.client.range("/bulk/", { prefix: true })).count, 0);
      await page.getByLabel("Choose a file").setInputFiles(file);
      await page.getByRole("button", { name: "Write 3 keys" }).click();
      await sees("3 keys written, 0 kept as they were.");
      equal((await stage.client.get("/bulk/2"))?.text(), "2");
      writeFileSync(file, "{broken");
      await page.getByLabel("Choose a file").setInputFiles(file);
      await sees(/Line 1 is no JSON/);
    },
  },
  {
    name: "keys: versions of a key, one of them restored",
    run: async ({ go, page, unlock, stage, sees }) => {
      await stage.client.put("/versions/x", "the first");
      await stage.client.delete("/versions/x");
      await stage.client.put("/versions/x", "the third");
      await go(`/keys/${keyId("/versions/x")}`);
      await sees("2 versions, deleted once");
      await unlock();
      await page.keyboard.press("[");
      await sees(/There is no such key/);
      await page.keyboard.press("[");
      await sees("the first");
      await page.getByRole("button", { name: "Restore this version" }).click();
      await page.getByText("You look at revision").waitFor({ state: "detached" });
      await sees("the first");
      equal((await stage.client.get("/versions/x"))?.text(), "the first");
    },
  },
  {
    name: "keys: a link to key@revision shows the key as it was",
    run: async ({ go, page, stage, sees }) => {
      const { revision } = await stage.client.put("/link/x", "then");
      await stage.client.put("/link/x", "now");
      await go(`/keys/${keyId("/link/x")}@${revision}`);
      await sees("then");
      await sees("You look at revision");
      equal(new URL(page.url()).searchParams.get("at"), String(revision));
    },
  },
];

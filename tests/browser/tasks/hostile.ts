/** What others may try: pages of other sites, and keys and values that are markup. */
import { equal } from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PAGES } from "../accessibility.ts";
import type { Task } from "../scene.ts";

/** A page of another origin on this machine, which browsers take for the same site as the console. */
async function otherSite(html: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

export const HOSTILE_TASKS: readonly Task[] = [
  {
    name: "hostile: keys, values, users and locks that are markup run nothing on any page",
    run: async ({ go, page, stage }) => {
      // Older ones may have been compacted by another task.
      const { revision } = await stage.client.range("/");
      for (const [, path] of PAGES) {
        await go(path.replace("REVISION", String(revision)));
        await page.waitForTimeout(150);
      }
      await go("/keys");
      await page.keyboard.press("/");
      await page.keyboard.type("onerror");
      await page.getByText("1 found").first().waitFor();
      equal(await page.evaluate("globalThis.hacked"), undefined);
    },
  },
  {
    name: "hostile: a page of another origin can neither frame, nor read, nor unlock, nor write",
    run: async ({ go, page, stage, problems }) => {
      await go("/cluster");
      const target = stage.console.url.replace(/\/$/, "");
      const attack = `<iframe src="${target}/keys"></iframe><script>
        const post = (path, body) => fetch("${target}/api/" + path, { method: "POST", mode: "no-cors",
          credentials: "include", headers: { "content-type": "text/plain" }, body: JSON.stringify(body) });
        globalThis.done = Promise.allSettled([
          post("unlock", { name: ${JSON.stringify(stage.name)} }),
          post("keys/put", { key: "L2hhY2tlZA", value: "eA", expect: 0, keepLease: false }),
          fetch("${target}/api/session", { credentials: "include" }).then((reply) => reply.text()),
        ]).then((all) => all.map(({ status }) => status));
      </script>`;
      const { server, url } = await otherSite(attack);
      try {
        await page.goto(url);
        const results = (await page.evaluate("globalThis.done")) as string[];
        equal(results[2], "rejected");
        const frame = page.frames().find((one) => one !== page.mainFrame());
        equal(await frame?.locator("main").count(), 0);
      } finally {
        server.close();
      }
      await go("/cluster");
      await page.getByRole("button", { name: "Read-only" }).waitFor();
      equal(await stage.client.get("/hacked"), undefined);
      // The browser says aloud what it has refused; of the console's own pages there is nothing.
      problems.length = 0;
    },
  },
];

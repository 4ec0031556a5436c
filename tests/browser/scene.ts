import type { Browser, Page } from "playwright-core";
import type { OpenedPage } from "./browser.ts";
import { openPage } from "./browser.ts";
import type { Stage } from "./stage.ts";

/** One page before one cluster, with the few moves that many tasks make. */
export interface Scene {
  readonly stage: Stage;
  readonly page: Page;
  readonly problems: string[];
  /** Opens an address of the console, such as `/keys`. */
  go(path: string): Promise<void>;
  /** Unlocks writing by typing the cluster's name. */
  unlock(): Promise<void>;
  /** Waits until the page shows a text. */
  sees(text: string | RegExp): Promise<void>;
}

export interface Task {
  readonly name: string;
  readonly run: (scene: Scene) => Promise<void>;
}

export const keyId = (text: string | Uint8Array): string => Buffer.from(text).toString("base64url");

export async function openScene(
  browser: Browser,
  stage: Stage,
  options: Parameters<typeof openPage>[1] = {},
): Promise<Scene & Pick<OpenedPage, "close">> {
  const { page, problems, close } = await openPage(browser, options);
  const base = stage.console.url.replace(/\/$/, "");
  return {
    stage,
    page,
    problems,
    close,
    go: async (path) => {
      await page.goto(base + path);
      await page.locator("main").waitFor();
      await page.locator(".cluster .i").first().waitFor();
    },
    unlock: async () => {
      await page.getByRole("button", { name: "Read-only" }).click();
      await page.getByRole("dialog").getByRole("textbox").fill(stage.name);
      await page.getByRole("button", { name: "Unlock", exact: true }).click();
      await page.getByRole("button", { name: /Writes unlocked/ }).waitFor();
    },
    sees: async (text) => {
      await page.getByText(text).first().waitFor();
    },
  };
}

/** The moves of somebody without a mouse: no click, and no focus that a script sets. */
import type { Locator, Page } from "playwright-core";
import type { Scene } from "./scene.ts";

/** Presses of Tab that a part of a page may be away. */
const FAR = 120;
type Role = Parameters<Page["getByRole"]>[0];

/** Presses Tab until this part has the focus: what cannot be reached so fails. */
export async function reach(page: Page, wanted: Locator): Promise<void> {
  await wanted.first().waitFor();
  for (let pressed = 0; pressed < FAR; pressed++) {
    if ((await wanted.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${String(wanted)} is not reached by ${FAR} presses of Tab`);
}

export async function walkTo({ page }: Scene, role: Role, name: string | RegExp): Promise<void> {
  await reach(page, page.getByRole(role, { name, exact: typeof name === "string" }));
}

/** As `walkTo`, and Enter. */
export async function press(scene: Scene, role: Role, name: string | RegExp): Promise<void> {
  await walkTo(scene, role, name);
  await scene.page.keyboard.press("Enter");
}

/** As `walkTo`; what is typed replaces the text that is there. */
export async function fill(
  scene: Scene,
  role: Role,
  name: string | RegExp,
  text: string,
): Promise<void> {
  await walkTo(scene, role, name);
  await scene.page.keyboard.press("Control+a");
  await scene.page.keyboard.type(text);
}

/** Presses that a busy machine may take too long for, so that they are no chord. */
const CHORD_TRIES = 6;

/** Types a chord such as `gk` until its page is there. */
export async function goBy(page: Page, keys: string, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    await page.keyboard.type(keys);
    try {
      return await page.waitForURL((url) => url.pathname.endsWith(path), { timeout: 10_000 });
    } catch (error) {
      if (tries === CHORD_TRIES) throw error;
    }
  }
}

/** As `Scene.unlock`, without a mouse. */
export async function unlock(scene: Scene): Promise<void> {
  await press(scene, "button", "Read-only");
  await fill(scene, "textbox", /^Type/, scene.stage.name);
  await scene.page.keyboard.press("Enter");
  await scene.page.getByRole("button", { name: /Writes unlocked/ }).waitFor();
}

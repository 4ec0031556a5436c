/** Pictures of every page in both themes, into docs/console: `npm run prove -- console-pictures [--only space]`. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PAGES } from "./accessibility.ts";
import { findChromium, launchBrowser } from "./browser.ts";
import { openScene } from "./scene.ts";
import { keepWriting, seed } from "./seed.ts";
import { startStage } from "./stage.ts";

/** How long the cluster is at work before the first picture, so that lines have something to show. */
const WORK_MS = 45_000;
const FOLDER = join(import.meta.dirname, "..", "..", "docs", "console");

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const chromium = findChromium();
const program = process.env["ETCD_BIN"];
if (chromium === undefined || program === undefined) {
  console.error(
    "Set ETCD_BIN, and CHROMIUM_BIN if chromium is not on the PATH. No picture was made.",
  );
  process.exit(1);
}
mkdirSync(FOLDER, { recursive: true });
const stage = await startStage({
  name: "harbor",
  program,
  members: 3,
  flags: ["--quota-backend-bytes", "33554432"],
});
const browser = await launchBrowser(chromium);
await seed(stage.client);
const writing = keepWriting(stage.client, 60);
await new Promise((resolve) => setTimeout(resolve, WORK_MS));
for (const theme of ["light", "dark"] as const) {
  const scene = await openScene(browser, stage, { theme, width: 1_280, height: 800 });
  for (const [name, path] of PAGES.filter(([page]) => page.includes(values.only))) {
    await scene.go(path.replace("REVISION", "420"));
    if (name === "space") {
      await scene.page.getByRole("button", { name: "Measure history" }).click();
      await scene.page.getByRole("button", { name: "Measure history again" }).waitFor();
      await scene.go(path);
    }
    if (name === "watch") await scene.page.waitForTimeout(2_500);
    if (name === "hashes") await scene.page.getByRole("button", { name: "Compare now" }).click();
    await scene.page.waitForTimeout(1_500);
    await scene.page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) });
  }
  await scene.go("/cluster");
  await scene.page.keyboard.press("Control+k");
  await scene.page.getByRole("combobox").fill("che");
  await scene.page.waitForTimeout(1_200);
  await scene.page.screenshot({ path: join(FOLDER, `palette-${theme}.png`) });
  await scene.close();
}
const phone = await openScene(browser, stage, { width: 390, height: 844 });
for (const name of ["cluster", "keys", "watch"]) {
  await phone.go(`/${name}`);
  await phone.page.waitForTimeout(1_500);
  await phone.page.screenshot({ path: join(FOLDER, `${name}-phone.png`) });
}
await phone.close();
writing.stop();
await browser.close();
await stage.stop();
console.log(`pictures in ${FOLDER}`);
process.exit(0);

/**
 * The console's wizards in a real Chromium, on clusters that are really ill: of etcd, and of nodetcd.
 * `npm run prove -- console-ill --only lost` takes those whose name has the word; `--program etcd` or `nodetcd` one of both.
 */
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { type Peer, peer, sayMissing } from "../../peers.ts";
import { findChromium, launchBrowser } from "../browser.ts";
import { openScene } from "../scene.ts";
import { ILLNESSES, type Illness } from "./illnesses.ts";

/** Why it failed; undefined when the cluster was mended. */
async function play(
  browser: Browser,
  illness: Illness,
  program: Peer,
): Promise<string | undefined> {
  const patient = await illness.start(program);
  if (patient === undefined) {
    sayMissing("a disk that is slow (Linux and a C compiler, `cc`)");
    return undefined;
  }
  const scene = await openScene(browser, patient.stage);
  try {
    await illness.mend(patient, scene);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const shown = await scene.page
      .locator("main")
      .innerText()
      .catch(() => "");
    return `${text.split("\n").slice(0, 6).join("\n    ")}\n    the page: ${shown.replace(/\s+/g, " ").slice(0, 1_500)}`;
  } finally {
    await scene.close();
    await patient.stage.stop();
  }
}

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, program: { type: "string", default: "" } },
});
const chromium = findChromium();
if (chromium === undefined) {
  console.error("No Chromium: set CHROMIUM_BIN, or install Debian's chromium. Nothing was tested.");
  process.exit(1);
}
const browser = await launchBrowser(chromium);
let [played, failed] = [0, 0];
for (const program of [peer("etcd"), peer("nodetcd")]) {
  if (program === undefined || !program.name.includes(values.program)) continue;
  console.log(`\n${program.name} ${program.version}`);
  for (const illness of ILLNESSES) {
    if (!values.only.split(",").some((word) => illness.name.includes(word))) continue;
    if (illness.nodetcdOnly === true && program.name !== "nodetcd") continue;
    played++;
    const began = performance.now();
    const why = await play(browser, illness, program).catch(String);
    failed += why === undefined ? 0 : 1;
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`${why === undefined ? "ok  " : "FAIL"} ${illness.name} (${seconds} s)`);
    if (why !== undefined) console.log(`    ${why}`);
  }
}
await browser.close();
if (played === 0) {
  console.error("No illness has such a name, or there is no such program: nothing was tested.");
  process.exit(1);
}
console.log(failed === 0 ? "\nconsole-ill: all were mended" : `\nconsole-ill: ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/**
 * Lighthouse on every page, in both of its forms: `npm run prove -- console-lighthouse [--only keys] [--form desktop]`. It is no
 * dependency: npx fetches it. At least 95 of 100 for performance, accessibility and best practices, or it fails.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findChromium } from "./browser.ts";
import { keyId } from "./scene.ts";
import { seed } from "./seed.ts";
import { startStage } from "./stage.ts";

const LIGHTHOUSE = "lighthouse@12.8.2";
const CATEGORIES = ["performance", "accessibility", "best-practices"] as const;
const LEAST = 95;
const FORMS = ["desktop", "mobile"] as const;

const PAGES = [
  "/cluster",
  "/watch",
  "/space",
  "/keys",
  `/keys/${keyId("/registry/deployments/shop/checkout")}`,
  "/history",
  "/leases",
  "/locks",
  "/jobs",
  "/maintenance",
  "/access",
  "/audit",
];

interface Report {
  readonly categories: Readonly<Record<string, { readonly score: number | null }>>;
  readonly audits: Readonly<
    Record<
      string,
      { readonly score: number | null; readonly title: string; readonly numericValue?: number }
    >
  >;
}

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, form: { type: "string", default: "" } },
});
const chromium = findChromium();
const program = process.env["ETCD_BIN"];
if (chromium === undefined || program === undefined) {
  console.error(
    "Set ETCD_BIN, and CHROMIUM_BIN if chromium is not on the PATH. Nothing was measured.",
  );
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "nodetcd-lighthouse-"));
const stage = await startStage({ name: "harbor", program, members: 3 });
const data = await seed(stage.client);
let low = 0;
for (const form of FORMS.filter((one) => one.includes(values.form))) {
  for (const path of PAGES.filter((one) => one.includes(values.only))) {
    const report = await measure(path, form);
    const scores = CATEGORIES.map((name) =>
      Math.round((report.categories[name]?.score ?? 0) * 100),
    );
    const interactive = report.audits["interactive"]?.numericValue ?? 0;
    const blocked = report.audits["total-blocking-time"]?.numericValue ?? 0;
    const bad = scores.some((score) => score < LEAST);
    low += bad ? 1 : 0;
    const figures = CATEGORIES.map((name, at) => `${name} ${scores[at]}`).join(", ");
    console.log(
      `${bad ? "LOW " : "ok  "} ${form} ${path}: ${figures}; interactive after ${Math.round(interactive)} ms, blocked ${Math.round(blocked)} ms`,
    );
    if (bad) for (const line of lost(report)) console.log(`     ${line}`);
  }
}
await data.stop();
await stage.stop();
rmSync(folder, { recursive: true, force: true });
console.log(
  low === 0
    ? "\nconsole-lighthouse: every page has 95 or more"
    : `\nconsole-lighthouse: ${low} below`,
);
process.exit(low === 0 ? 0 : 1);

async function measure(path: string, form: (typeof FORMS)[number]): Promise<Report> {
  const file = join(folder, "report.json");
  const args = [
    ["--yes", LIGHTHOUSE, stage.console.url.replace(/\/$/, "") + path],
    ["--quiet", "--output=json", `--output-path=${file}`],
    [`--only-categories=${CATEGORIES.join(",")}`],
    ["--chrome-flags=--headless --no-sandbox --disable-gpu"],
    form === "desktop" ? ["--preset=desktop"] : [],
  ].flat();
  const env = { ...process.env, CHROME_PATH: chromium };
  const child = spawn("npx", args, { stdio: ["ignore", "inherit", "inherit"], env });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`lighthouse ended with ${String(code)} at ${path}`);
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}

/** What took points away. */
function lost({ audits }: Report): string[] {
  return Object.values(audits)
    .filter(({ score }) => score !== null && score < 0.9)
    .map(({ score, title, numericValue }) => {
      const value = numericValue === undefined ? "" : ` (${Math.round(numericValue)})`;
      return `${Math.round((score ?? 0) * 100)} ${title}${value}`;
    });
}

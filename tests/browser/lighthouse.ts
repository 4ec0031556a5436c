/**
 * Lighthouse on every page, in both of its forms: `npm run prove -- console-lighthouse [--only keys] [--form desktop]`. It is no
 * dependency: it comes from npm, with the Node that it needs. At least 95 of 100 for performance, accessibility and best
 * practices on a desktop, or it fails; the figures of a phone are shown.
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
import { nodeOfLine } from "../packages/nodes.ts";
import { tools } from "../packages/steps.ts";

const LIGHTHOUSE = "lighthouse@13.5.0";
/** The oldest line of Node that it runs on. */
const NODE = "22";
const CATEGORIES = ["performance", "accessibility", "best-practices"] as const;
const LEAST = 95;
/**
 * Our pages come in a process of their own (`cross-origin-opener-policy`). Now and then Chromium records nothing of its first
 * moments, and Lighthouse has no start to count from; then it is asked again.
 */
const NO_START = "NO_NAVSTART";
const TRIES = 4;
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
const node = await nodeOfLine(NODE);
const modules = await tools(LIGHTHOUSE);
if ([chromium, program, node, modules].includes(undefined)) {
  console.error(
    `Set ETCD_BIN, and CHROMIUM_BIN if chromium is not on the PATH; ${LIGHTHOUSE} and Node ${NODE} come from npm. Nothing was measured.`,
  );
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "nodetcd-lighthouse-"));
const stage = await startStage({ name: "harbor", program: program!, members: 3 });
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
    [join(modules!, "lighthouse", "cli", "index.js")],
    [stage.console.url.replace(/\/$/, "") + path],
    ["--quiet", "--output=json", `--output-path=${file}`],
    [`--only-categories=${CATEGORIES.join(",")}`],
    ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"],
    form === "desktop" ? ["--preset=desktop"] : [],
  ].flat();
  const env = { ...process.env, CHROME_PATH: chromium };
  for (let tries = 1; ; tries++) {
    const { code, said } = await lighthouse(args, env);
    if (code === 0) return JSON.parse(readFileSync(file, "utf8")) as Report;
    if (!said.includes(NO_START) || tries === TRIES)
      throw new Error(`lighthouse ended with ${String(code)} at ${path}: ${said}`);
  }
}

async function lighthouse(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(node!, args, { stdio: ["ignore", "inherit", "pipe"], env });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, said };
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

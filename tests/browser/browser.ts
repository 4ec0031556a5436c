import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** A machine with much else to do takes many times longer than a quiet one. */
const PATIENCE_MS = 60_000;

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `CHROMIUM_BIN`, or `chromium` on the PATH. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM_BIN"];
  if (named !== undefined) return named;
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) =>
      ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)),
    )
    .find((path) => existsSync(path));
}

export async function launchBrowser(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, args: FLAGS });
}

export interface OpenedPage {
  readonly page: Page;
  /** Console errors, failures of scripts and violations of the policy, as they came. */
  readonly problems: string[];
  close(): Promise<void>;
}

export interface PageOptions {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** A page in a context of its own: no cookie or choice of an earlier one. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<OpenedPage> {
  const { theme = "light", width = 1_440, height = 900 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`script: ${error.message}`));
  await page.addInitScript(
    `addEventListener("securitypolicyviolation", (event) =>
      console.error("policy violated: " + event.violatedDirective + " " + event.blockedURI))`,
  );
  return { page, problems, close: () => context.close() };
}

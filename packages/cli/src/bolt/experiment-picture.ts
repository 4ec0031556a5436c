import { growthText, type LongReaderRun } from "./experiment-long-reader.ts";
import type { PageCounts } from "./experiment-run.ts";

/** Sizes in SVG user units. */
const PANEL_WIDTH = 420;
const PANEL_HEIGHT = 300;
const LEFT = 64;
const TOP = 92;
const GAP = 56;
const BOTTOM = 84;
const RIGHT = 28;
/** The title and the legend need it. */
const MIN_WIDTH = 700;

const INK = "#1f2933";
const FAINT = "#7b8794";
const GRID = "#e4e7eb";
/** Bottom to top. Told apart also without colour: by lightness. */
const LAYERS = [
  { name: "in use", colour: "#2f5d8a", of: inUse },
  { name: "pending (given up, a reader may see it)", colour: "#e07a3f", of: pending },
  { name: "free", colour: "#cfe3d4", of: free },
] as const;

function inUse({ highWater, pending: waiting, free: unused }: PageCounts): number {
  return highWater - waiting - unused;
}
function pending(counts: PageCounts): number {
  return counts.pending;
}
function free(counts: PageCounts): number {
  return counts.free;
}

/**
 * A panel for each run, on one scale: the pages of the file after each commit, stacked by what they
 * are; the top edge is the high-water mark. Plain SVG.
 */
export function longReaderPicture(runs: readonly LongReaderRun[]): string {
  const panels = runs.length * PANEL_WIDTH + (runs.length - 1) * GAP;
  const width = Math.max(MIN_WIDTH, LEFT + panels + RIGHT);
  const height = TOP + PANEL_HEIGHT + BOTTOM;
  const top = Math.max(...runs.flatMap(({ counts }) => counts.map(({ highWater }) => highWater)));
  const step = niceStep(top);
  const maximum = Math.ceil((top * 1.05) / step) * step;
  const { commits, valueSize } = runs[0]!.options;
  const title = `One reader held open over ${commits} writes of one key (${sizeText(valueSize)})`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="28" font-size="17" font-weight="bold">${title}</text>`,
    `<text x="${LEFT}" y="47" fill="${FAINT}">Pages of the file after each commit; the top edge is the high-water mark.</text>`,
    ...runs.map((run, i) => panel(run, LEFT + i * (PANEL_WIDTH + GAP), maximum, step)),
    axisTitle(),
    legend(height - 18),
    "</svg>",
    "",
  ].join("\n");
}

function panel(run: LongReaderRun, left: number, maximum: number, step: number): string {
  const { counts, options, policy } = run;
  const x = (commit: number): number => left + (commit / (counts.length - 1)) * PANEL_WIDTH;
  const y = (pages: number): number => TOP + PANEL_HEIGHT * (1 - pages / maximum);
  const parts: string[] = [];
  for (let pages = 0; pages <= maximum; pages += step) {
    parts.push(
      `<line x1="${left}" y1="${at(y(pages))}" x2="${left + PANEL_WIDTH}" y2="${at(y(pages))}" stroke="${GRID}"/>`,
      `<text x="${left - 8}" y="${at(y(pages) + 4)}" text-anchor="end" fill="${FAINT}">${pages}</text>`,
    );
  }
  const base = counts.map(() => 0);
  for (const { colour, of } of LAYERS) {
    const lower = base.map((pages, i) => `${at(x(i))},${at(y(pages))}`);
    for (const [i, count] of counts.entries()) base[i]! += of(count);
    const upper = base.map((pages, i) => `${at(x(i))},${at(y(pages))}`);
    parts.push(`<polygon fill="${colour}" points="${[...upper, ...lower.reverse()].join(" ")}"/>`);
  }
  const edge = counts.map(({ highWater }, i) => `${at(x(i))},${at(y(highWater))}`).join(" ");
  const floor = TOP + PANEL_HEIGHT;
  const end = at(x(options.commits));
  const last = counts[options.commits]!.highWater;
  parts.push(
    `<polyline fill="none" stroke="${INK}" stroke-width="1.8" points="${edge}"/>`,
    `<line x1="${left}" y1="${floor}" x2="${left + PANEL_WIDTH}" y2="${floor}" stroke="${INK}"/>`,
    `<text x="${left}" y="${TOP - 12}" font-size="14" font-weight="bold">${policy}</text>`,
    `<text x="${left + PANEL_WIDTH}" y="${TOP - 12}" text-anchor="end" fill="${FAINT}">${growthText(run)}</text>`,
    `<line x1="${end}" y1="${TOP}" x2="${end}" y2="${floor}" stroke="${INK}" stroke-dasharray="3 3"/>`,
    `<text x="${at(x(options.commits) - 6)}" y="${at(y(last) - 8)}" text-anchor="end" font-weight="bold">${last} pages</text>`,
    `<text x="${end}" y="${floor + 34}" text-anchor="middle" fill="${FAINT}">reader ends</text>`,
    `<text x="${left}" y="${floor + 34}" text-anchor="middle" fill="${FAINT}">reader begins</text>`,
  );
  const tick = Math.max(1, Math.round(options.commits / 4));
  for (let commit = 0; commit < counts.length; commit += tick) {
    parts.push(
      `<line x1="${at(x(commit))}" y1="${floor}" x2="${at(x(commit))}" y2="${floor + 4}" stroke="${INK}"/>`,
      `<text x="${at(x(commit))}" y="${floor + 18}" text-anchor="middle" fill="${FAINT}">${commit}</text>`,
    );
  }
  parts.push(
    `<text x="${left + PANEL_WIDTH / 2}" y="${floor + 34}" text-anchor="middle">commit</text>`,
  );
  return parts.join("\n");
}

function axisTitle(): string {
  const y = TOP + PANEL_HEIGHT / 2;
  return `<text transform="translate(18 ${y}) rotate(-90)" text-anchor="middle">pages</text>`;
}

function legend(y: number): string {
  const parts: string[] = [];
  let x = LEFT;
  for (const { name, colour } of LAYERS) {
    parts.push(
      `<rect x="${x}" y="${y - 11}" width="14" height="14" fill="${colour}"/>`,
      `<text x="${x + 20}" y="${y}">${name}</text>`,
    );
    x += 44 + name.length * 6.2;
  }
  parts.push(
    `<line x1="${at(x)}" y1="${y - 4}" x2="${at(x + 18)}" y2="${y - 4}" stroke="${INK}" stroke-width="1.8"/>`,
    `<text x="${at(x + 24)}" y="${y}">high-water mark</text>`,
  );
  return parts.join("\n");
}

/** 1, 2 or 5 times a power of ten, for some five lines up to `top`. */
function niceStep(top: number): number {
  const rough = top / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

function sizeText(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
}

/** A coordinate with one decimal. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

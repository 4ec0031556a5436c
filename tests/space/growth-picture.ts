/** A plain SVG of sizes over time, a panel for each server, on one scale. */

export interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  /** Bytes. */
  readonly file: number;
  readonly inUse: number;
}

export interface Panel {
  readonly title: string;
  readonly samples: readonly Sample[];
}

const [WIDTH, HEIGHT, LEFT, TOP, GAP] = [420, 260, 70, 80, 60];
const [INK, FAINT, GRID, FILE, IN_USE] = ["#1f2933", "#7b8794", "#e4e7eb", "#e07a3f", "#2f5d8a"];
const MIB = 1024 * 1024;

export function growthPicture(title: string, panels: readonly Panel[]): string {
  const all = panels.flatMap(({ samples }) => samples);
  const scale = {
    bytes: Math.max(...all.map(({ file }) => file)) * 1.05,
    seconds: Math.max(...all.map(({ at }) => at)),
  };
  const width = LEFT + panels.length * (WIDTH + GAP);
  const height = TOP + HEIGHT + 60;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="28" font-size="16" font-weight="bold">${title}</text>`,
    ...panels.map((panel, i) => drawPanel(panel, LEFT + i * (WIDTH + GAP), scale)),
    `<text x="${LEFT}" y="${height - 14}" fill="${FILE}">file, MiB</text>`,
    `<text x="${LEFT + 90}" y="${height - 14}" fill="${IN_USE}">of it in use</text>`,
    `<text x="${LEFT + 200}" y="${height - 14}" fill="${FAINT}">seconds</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel(
  { title, samples }: Panel,
  left: number,
  scale: { readonly bytes: number; readonly seconds: number },
): string {
  const x = (seconds: number): number => left + (seconds / scale.seconds) * WIDTH;
  const y = (bytes: number): number => TOP + HEIGHT * (1 - bytes / scale.bytes);
  const line = (of: (sample: Sample) => number, colour: string): string => {
    const points = samples.map((sample) => `${at(x(sample.at))},${at(y(of(sample)))}`).join(" ");
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.8" points="${points}"/>`;
  };
  const parts = [`<text x="${left}" y="${TOP - 12}" font-weight="bold">${title}</text>`];
  for (let part = 0; part <= 4; part++) {
    const [bytes, seconds] = [(scale.bytes * part) / 4, (scale.seconds * part) / 4];
    parts.push(
      `<line x1="${left}" y1="${at(y(bytes))}" x2="${left + WIDTH}" y2="${at(y(bytes))}" stroke="${GRID}"/>`,
      `<text x="${left - 8}" y="${at(y(bytes) + 4)}" text-anchor="end" fill="${FAINT}">${Math.round(bytes / MIB)}</text>`,
      `<text x="${at(x(seconds))}" y="${TOP + HEIGHT + 18}" text-anchor="middle" fill="${FAINT}">${Math.round(seconds)}</text>`,
    );
  }
  parts.push(
    line(({ file }) => file, FILE),
    line(({ inUse }) => inUse, IN_USE),
  );
  return parts.join("\n");
}

/** A coordinate with one decimal. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

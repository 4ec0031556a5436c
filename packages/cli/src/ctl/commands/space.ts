import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { durationFlag, intFlag, stringFlag, switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { interruptSignal } from "../interrupts.ts";
import { toNumber } from "../numbers.ts";
import { Lines } from "../output/lines.ts";
import { humanBytes } from "../output/values.ts";
import { about, growthText, type MemberSpace, type Survey, survey } from "../space/survey.ts";
import { type Weighed, weigh } from "../space/weigh.ts";

const AT = intFlag("at", "Reckon what a compaction at this revision would drop");
const PREFIXES = switchFlag(
  "prefixes",
  "Weigh the keys by prefix, what is live and what is history",
);
const SEPARATOR = stringFlag("separator", "What ends a part of a key", "/");
const DEPTH = intFlag("depth", "Parts of a key that make its prefix", 1n);
const SAMPLE = durationFlag("sample", "Time over which growth is measured", 1_000);

export const space: Command<CtlCall> = {
  use: "space [options]",
  short: "Shows what is readable in a cluster, and what it costs",
  long: `How far history goes back, who keeps it, and of each member: its file, what of it is in use, its quota, its alarms,
its watchers and those of them that are behind, its growth. --at and --prefixes read the whole history once.
`,
  examples: ["space", "space --at=1200", "space --prefixes --depth=2"],
  flags: [AT, PREFIXES, SEPARATOR, DEPTH, SAMPLE],
  run: async ({ args, flags, connect }) => {
    if (args.length > 0) throw badArguments("space command takes no arguments");
    const at = toNumber(flags.get(AT));
    const [separator, depth] = [flags.get(SEPARATOR), toNumber(flags.get(DEPTH))];
    if (separator === "" || depth < 1) {
      throw badArguments("--separator must not be empty, and --depth must be 1 or more");
    }
    const session = await connect();
    const lines = new Lines(session);
    const found = await survey(session.client, flags.get(SAMPLE));
    const options = { at, separator, depth, signal: interruptSignal() };
    const weighed =
      at > 0 || flags.get(PREFIXES) ? await weigh(session.client, options) : undefined;
    const prefixes = flags.get(PREFIXES) ? weighed : undefined;
    lines.print({
      text: () => [...surveyText(found), ...weightText(at, weighed, prefixes)].join("\n"),
      json: () => ({
        ...found,
        ...(at > 0 ? { dropped: { at, ...weighed?.dropped } } : {}),
        ...(prefixes === undefined ? {} : { prefixes: Object.fromEntries(prefixes.prefixes) }),
      }),
    });
  },
};

function surveyText({ revision, oldest, rate, reachSeconds, pins, members }: Survey): string[] {
  const reach =
    reachSeconds === undefined
      ? "nothing was written just now"
      : `about ${about(reachSeconds)} back, at ${rate.toFixed(1)} revisions/s as just now`;
  return [
    `revision ${revision}, readable from ${oldest}: ${reach}`,
    ...pins.map((pin) => `pinned from ${pin.revision} ${pin.reason} (${pin.key})`),
    ...columns([
      [
        "MEMBER",
        "FILE",
        "IN USE",
        "FREE",
        "QUOTA",
        "USED",
        "WATCHERS",
        "BEHIND",
        "GROWTH",
        "ALARMS",
      ],
      ...members.map(memberRow),
    ]),
  ];
}

function memberRow(member: MemberSpace): string[] {
  const { name, file, inUse, quota, watchers, growth, alarms } = member;
  const percent = (part: number, whole: number): string =>
    whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)}%`;
  return [
    name,
    humanBytes(file),
    humanBytes(inUse),
    percent(file - inUse, file),
    quota === 0 ? "-" : humanBytes(quota),
    percent(file, quota),
    String(watchers?.all ?? "-"),
    String(watchers?.behind ?? "-"),
    growthText(growth),
    alarms.join(" "),
  ];
}

function weightText(
  at: number,
  weighed: Weighed | undefined,
  prefixes: Weighed | undefined,
): string[] {
  const text: string[] = [];
  if (at > 0 && weighed !== undefined) {
    const { versions, bytes } = weighed.dropped;
    text.push(`a compaction at ${at} would drop ${versions} versions, ${humanBytes(bytes)}`);
  }
  if (prefixes === undefined) return text;
  const rows = [...prefixes.prefixes, ["all", prefixes.total] as const].map(([name, weight]) => [
    name === "" ? '""' : name,
    String(weight.keys),
    humanBytes(weight.liveBytes),
    String(weight.oldVersions),
    humanBytes(weight.oldBytes),
  ]);
  return [...text, ...columns([["PREFIX", "KEYS", "LIVE", "OLD VERSIONS", "HISTORY"], ...rows])];
}

/** The first column at the left, the others at the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

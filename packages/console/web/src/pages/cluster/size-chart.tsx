import type { ClusterView } from "@nodetcd/console/contract";
import { type ReactNode, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { sizeText, timeText } from "../../parts/words.ts";

const HEIGHT = 220;
/** Steps of the scale: powers of two, as sizes are told in KiB, MiB and GiB. */
const INCREMENTS: number[] = Array.from({ length: 46 }, (_, power) => 2 ** power);

/** The colour that a token has in the theme of now, as a canvas understands it. */
function colour(token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Counts changes of the theme, so that the chart is drawn anew. */
function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const change = (): void => setVersion((before) => before + 1);
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", change);
    addEventListener("themechange", change);
    return () => {
      media.removeEventListener("change", change);
      removeEventListener("themechange", change);
    };
  }, []);
  return version;
}

/** In use, file, quota and forecast over time. */
export function SizeChart({ view }: { readonly view: ClusterView }): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const version = useThemeVersion();
  const data = dataOf(view);
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    const element = holder.current!;
    const chart = new uPlot(options(element.clientWidth), newest.current, element);
    plot.current = chart;
    const resize = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [version]);
  useEffect(() => plot.current?.setData(newest.current), [view]);
  return <div className="plot" ref={holder} role="img" aria-label={describe(view)} />;
}

function describe({ sizes, quota }: ClusterView): string {
  const used = sizes.inUse.findLast((value) => value !== null);
  const limit = quota === undefined ? "quota not told" : `quota ${sizeText(quota)}`;
  return `Database over time: ${used === undefined || used === null ? "no sample" : `${sizeText(used)} in use`}, ${limit}`;
}

/** Times, in use, file, quota, forecast. */
function dataOf({ sizes, quota, forecast, at }: ClusterView): uPlot.AlignedData {
  const times = [...sizes.at];
  const used: (number | null)[] = [...sizes.inUse];
  const file: (number | null)[] = [...sizes.file];
  const line: (number | null)[] = times.map(() => null);
  const last = used.findLastIndex((value) => value !== null);
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  if (forecast?.fullAt !== undefined && last >= 0 && quota !== undefined) {
    line[last] = used[last] ?? null;
    const end = Math.min(forecast.fullAt / 1_000, at / 1_000 + span / 3);
    const reached = (used[last] ?? 0) + (forecast.bytesPerHour * (end - times[last]!)) / 3_600;
    times.push(end);
    used.push(null);
    file.push(null);
    line.push(Math.min(reached, quota));
  }
  // The quota is drawn only where it is near enough not to press all else to the ground.
  const top = Math.max(0, ...file.map((value) => value ?? 0));
  const near = quota !== undefined && quota <= top * 4;
  return [times, used, file, times.map(() => (near ? quota : null)), line];
}

function options(width: number): uPlot.Options {
  const axis = {
    stroke: colour("--text-3"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_, __, max) => [0, (max || 1) * 1.08] } },
    axes: [
      {
        ...axis,
        size: 26,
        space: 90,
        values: (_, ticks) => ticks.map((tick) => timeText(tick * 1_000)),
      },
      {
        ...axis,
        size: 62,
        incrs: INCREMENTS,
        values: (_, ticks) => ticks.map((tick) => sizeText(tick)),
      },
    ],
    series: [
      {},
      {
        label: "in use",
        stroke: colour("--d1"),
        width: 2,
        fill: colour("--accent-bg"),
        spanGaps: true,
      },
      { label: "file", stroke: colour("--d2"), width: 2, dash: [6, 3], spanGaps: true },
      { label: "quota", stroke: colour("--act"), width: 1.5 },
      { label: "forecast", stroke: colour("--d1"), width: 2, dash: [1, 4], spanGaps: true },
    ],
  };
}

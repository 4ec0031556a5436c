import {
  parseKeyText,
  type SpaceEntry,
  type SpaceView,
  toBase64Url,
} from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { get } from "../../data/api.ts";
import { useStanding } from "../../data/standing.ts";
import { Segments } from "../../parts/segments.tsx";
import { Failed, Skeleton } from "../../parts/states.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { figureText, plural, sizeText } from "../../parts/words.ts";
import { EntryLink, nameOf } from "./entry-link.tsx";
import { MeasureButton } from "./measure-button.tsx";
import { SpaceTable } from "./space-table.tsx";
import { TopKeysCell } from "./top-keys.tsx";
import { treemap } from "./treemap.ts";

type By = "live" | "history" | "keys" | "writes";

const VALUES: Readonly<Record<By, (entry: SpaceEntry) => number>> = {
  live: ({ live }) => live,
  history: ({ history = 0 }) => history,
  keys: ({ keys }) => keys,
  writes: ({ writes = 0 }) => writes,
};

const SHOWN = 40;
const HEIGHT = 340;
const REFRESH_MS = 30_000;
/** As long as history is read. */
const MEASURING_MS = 1_000;
/** Boxes that are smaller, in pixels, are drawn but lead nowhere; the table has them all. */
const TARGET = 24;

/** What takes the space, and what is written most. */
export function SpacePage(): ReactNode {
  useTitle("Space and heat");
  const { prefix = "" } = useSearch({ from: "/space" });
  const { revision } = useStanding();
  const [by, setBy] = useState<By>("live");
  const id = toBase64Url(parseKeyText(prefix));
  const { data: view, error } = useQuery({
    queryKey: ["space", id, revision],
    queryFn: ({ signal }) => get<SpaceView>("space", { prefix: id, revision }, signal),
    refetchInterval: ({ state }) =>
      state.data?.measured !== undefined && state.data.measured.at === undefined
        ? MEASURING_MS
        : REFRESH_MS,
  });
  if (view === undefined) {
    return error === null ? <Skeleton rows={12} /> : <Failed error={error} what="The space" />;
  }
  const value = (entry: SpaceEntry): number => VALUES[by](entry);
  const entries = view.entries.toSorted((a, b) => value(b) - value(a));
  const live = view.entries.reduce((sum, entry) => sum + entry.live, 0);
  const keys = view.entries.reduce((sum, entry) => sum + entry.keys, 0);
  return (
    <>
      <div className="head">
        <h1>Space and heat</h1>
        <Crumbs prefix={prefix} />
        <p>
          {plural(keys, "key")}, {view.entries.some(({ sampled }) => sampled) ? "about " : ""}
          {sizeText(live)}
          {view.more ? "; there are more prefixes than are shown" : ""}
        </p>
        <div className="row">
          <Segments
            label="Area by"
            value={by}
            choose={setBy}
            options={[
              { value: "live", label: "Bytes" },
              ...(view.entries.some(({ history }) => history !== undefined)
                ? [{ value: "history" as const, label: "History" }]
                : []),
              { value: "keys", label: "Keys" },
              { value: "writes", label: "Writes" },
            ]}
          />
          <MeasureButton view={view} />
        </div>
      </div>
      <PrefixMap
        revision={revision}
        entries={entries.filter((entry) => value(entry) > 0)}
        value={value}
        by={by}
      />
      <SpaceTable view={view} entries={entries} total={live} />
      <TopKeysCell view={view} />
    </>
  );
}

/** The way up. */
function Crumbs({ prefix }: { readonly prefix: string }): ReactNode {
  const parts = prefix.match(/^\/?[^/]*\/|[^/]+\/?|\//g) ?? [];
  return (
    <nav aria-label="Prefix" className="mono crumbs">
      <Link to="/space" search={(before) => ({ at: before.at })}>
        all keys
      </Link>
      {parts.map((part, at) => (
        <Link
          key={at}
          to="/space"
          search={(before) => ({ at: before.at, prefix: parts.slice(0, at + 1).join("") })}
          aria-current={at === parts.length - 1 ? "page" : undefined}
        >
          {part}
        </Link>
      ))}
    </nav>
  );
}

function figure(entry: SpaceEntry, by: By): string {
  if (by === "live") return sizeText(entry.live);
  if (by === "history") return sizeText(entry.history ?? 0);
  return by === "keys" ? plural(entry.keys, "key") : `${figureText(entry.writes ?? 0)} / s`;
}

/** Where one folder has nearly all, the map shows what is inside it: one box says nothing. */
function useInside(
  entries: readonly SpaceEntry[],
  value: (entry: SpaceEntry) => number,
  revision: number | undefined,
): { readonly shown: readonly SpaceEntry[]; readonly inside: string } {
  const total = entries.reduce((sum, entry) => sum + value(entry), 0);
  const [first] = entries;
  const dominant =
    first !== undefined && first.kind === "folder" && value(first) > total * 0.8 ? first.id : "";
  const { data } = useQuery({
    queryKey: ["space", dominant, revision],
    enabled: dominant !== "",
    queryFn: ({ signal }) => get<SpaceView>("space", { prefix: dominant, revision }, signal),
    refetchInterval: REFRESH_MS,
  });
  if (dominant === "" || data === undefined) return { shown: entries, inside: "" };
  const shown = data.entries.toSorted((a, b) => value(b) - value(a));
  return { shown: shown.filter((entry) => value(entry) > 0), inside: nameOf(first!) };
}

function PrefixMap({
  entries: all,
  value,
  by,
  revision,
}: {
  readonly entries: readonly SpaceEntry[];
  readonly value: (entry: SpaceEntry) => number;
  readonly by: By;
  readonly revision: number | undefined;
}): ReactNode {
  const { shown, inside } = useInside(all, value, revision);
  const entries = shown.slice(0, SHOWN);
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1_000);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const boxes = treemap(entries.map(value), width, HEIGHT);
  if (boxes.length === 0) {
    return (
      <p className="pad note cell">
        {by === "writes"
          ? "Nothing was written since the console began to count."
          : "Nothing is here."}
      </p>
    );
  }
  const hottest = Math.max(1e-9, ...entries.map(({ writes }) => writes ?? 0));
  return (
    <div
      className="map"
      role="group"
      aria-label={inside === "" ? "Prefixes by size" : `Prefixes of ${inside} by size`}
      ref={holder}
    >
      {entries.map((entry, at) => {
        const box = boxes[at]!;
        const style = {
          left: `${(box.x / width) * 100}%`,
          top: `${(box.y / HEIGHT) * 100}%`,
          width: `${(box.width / width) * 100}%`,
          height: `${(box.height / HEIGHT) * 100}%`,
        };
        if (box.width < TARGET || box.height < TARGET) {
          return <span key={entry.id} className="tiny" style={style} title={nameOf(entry)} />;
        }
        return (
          <EntryLink
            key={entry.id}
            entry={entry}
            className={(entry.writes ?? 0) > hottest / 3 && hottest >= 1 ? "hot-box" : "clean"}
            style={style}
          >
            <b>{lastPart(nameOf(entry))}</b>
            <span className="v">{figure(entry, by)}</span>
          </EntryLink>
        );
      })}
    </div>
  );
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/", name.length - 2) + 1) || name;
}

import {
  fromBase64,
  keyText,
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
import {
  durationText,
  figureText,
  numberText,
  plural,
  sizeParts,
  sizeText,
} from "../../parts/words.ts";
import { treemap } from "./treemap.ts";

type By = "live" | "keys" | "writes";

const SHOWN = 40;
const HEIGHT = 340;
const REFRESH_MS = 30_000;
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
    refetchInterval: REFRESH_MS,
  });
  if (view === undefined) {
    return error === null ? <Skeleton rows={12} /> : <Failed error={error} what="The space" />;
  }
  const value = (entry: SpaceEntry): number =>
    by === "live" ? entry.live : by === "keys" ? entry.keys : (entry.writes ?? 0);
  const entries = view.entries.toSorted((a, b) => value(b) - value(a));
  const live = view.entries.reduce((sum, entry) => sum + entry.live, 0);
  const keys = view.entries.reduce((sum, entry) => sum + entry.keys, 0);
  return (
    <>
      <div className="head">
        <h1>Space and heat</h1>
        <Crumbs prefix={prefix} />
        <p>
          {plural(keys, "key")}, {sizeText(live)} of newest values
          {view.entries.some(({ sampled }) => sampled) ? ", reckoned from samples" : ""}
          {view.more ? "; there are more prefixes than are shown" : ""}
        </p>
        <div className="row">
          <Segments
            label="Area by"
            value={by}
            choose={setBy}
            options={[
              { value: "live", label: "Bytes" },
              { value: "keys", label: "Keys" },
              { value: "writes", label: "Writes" },
            ]}
          />
        </div>
      </div>
      <PrefixMap
        revision={revision}
        entries={entries.filter((entry) => value(entry) > 0)}
        value={value}
        by={by}
      />
      <Table view={view} entries={entries} total={live} />
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

function nameOf(entry: SpaceEntry): string {
  return keyText(fromBase64(entry.id));
}

function EntryLink({
  entry,
  className,
  style,
  children,
}: {
  readonly entry: SpaceEntry;
  readonly className?: string;
  readonly style?: Readonly<Record<string, string>>;
  readonly children: ReactNode;
}): ReactNode {
  const common = {
    ...(className === undefined ? {} : { className }),
    ...(style === undefined ? {} : { style }),
  };
  return entry.kind === "folder" ? (
    <Link
      {...common}
      to="/space"
      search={(before) => ({ at: before.at, prefix: nameOf(entry) })}
      title={nameOf(entry)}
    >
      {children}
    </Link>
  ) : (
    <Link
      {...common}
      to="/keys/$key"
      params={{ key: entry.id }}
      search={(before) => ({ at: before.at })}
      title={nameOf(entry)}
    >
      {children}
    </Link>
  );
}

function figure(entry: SpaceEntry, by: By): string {
  if (by === "live") return sizeText(entry.live);
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

function Table({
  view,
  entries,
  total,
}: {
  readonly view: SpaceView;
  readonly entries: readonly SpaceEntry[];
  readonly total: number;
}): ReactNode {
  const { heat } = view;
  const note =
    heat.seconds < 2
      ? "The console begins to count writes now."
      : `Writes are counted since ${durationText(heat.seconds * 1_000)}: ${numberText(heat.events)} in all.`;
  return (
    <section className="cell flush sheet-top" aria-label="Prefixes">
      <div className="tw" tabIndex={0} role="region" aria-label="Prefixes, table">
        <table className="t cards">
          <thead>
            <tr>
              <th>Prefix or key</th>
              <th className="num">Keys</th>
              <th className="num">Bytes</th>
              <th>Share</th>
              <th className="num">A key</th>
              <th className="num">Writes / s</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.id}>
                <td className="wide mono">
                  <EntryLink entry={entry}>{nameOf(entry)}</EntryLink>
                </td>
                <td data-l="Keys" className="num">
                  {numberText(entry.keys)}
                </td>
                <td data-l="Bytes" className="num">
                  {entry.sampled ? "≈ " : ""}
                  {sizeParts(entry.live)[0]} <span className="u">{sizeParts(entry.live)[1]}</span>
                </td>
                <td data-l="Share" className="wide">
                  <span className="g">
                    <i />
                    <i style={{ width: `${(entry.live / Math.max(1, total)) * 100}%` }} />
                  </span>
                </td>
                <td data-l="A key" className="num">
                  {sizeText(Math.round(entry.live / Math.max(1, entry.keys)))}
                </td>
                <td data-l="Writes" className="num">
                  {entry.writes === undefined ? (
                    <span className="u">–</span>
                  ) : (
                    figureText(Math.round(entry.writes * 100) / 100)
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="pad note">
        {note} Bytes are those of keys and newest values; ≈ is reckoned from the first 256 values of
        a prefix.
      </p>
    </section>
  );
}

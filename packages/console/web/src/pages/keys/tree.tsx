import type { KeyId } from "@nodetcd/console/contract";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "../../parts/icon.tsx";
import { numberText } from "../../parts/words.ts";
import type { Row } from "./tree-rows.ts";
import type { Tree } from "./use-tree.ts";

/** Milliseconds within which typed letters are one word. */
const TYPING_MS = 700;

interface TreeProps {
  readonly tree: Tree;
  readonly rows: readonly Row[];
  readonly selected: KeyId | undefined;
  readonly select: (id: KeyId) => void;
}

/** The tree: only the lines in sight are in the page, however many keys there are. */
export function KeyTree({ tree, rows, selected, select }: TreeProps): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const moved = useRef(false);
  // Asked for once, not for each of a hundred thousand lines.
  const height = rowHeight();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => holder.current,
    estimateSize: () => height,
    overscan: 12,
  });
  const at = Math.min(active, rows.length - 1);
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    virtual.scrollToIndex(at, { align: "auto" });
    requestAnimationFrame(() =>
      holder.current
        ?.querySelector<HTMLElement>(`[data-row="${at}"]`)
        ?.focus({ preventScroll: true }),
    );
  }, [at, rows, virtual]);
  useReadAhead(tree, rows, virtual.getVirtualItems().at(-1)?.index ?? 0);
  const go = (to: number): void => {
    moved.current = true;
    setActive(Math.max(0, Math.min(rows.length - 1, to)));
  };
  const activate = (row: Row | undefined): void => {
    if (row?.kind === "more") tree.more(row.parent);
    if (row?.kind !== "entry") return;
    if (row.entry.kind !== "folder") select(row.entry.id);
    else if (row.open) tree.collapse(row.entry.id);
    else tree.expand([row.entry.id]);
  };
  const page = (): number => Math.floor((holder.current?.clientHeight ?? 300) / height) - 1;
  const onKey = useTreeKeys({ tree, rows, at, go, activate, page });
  return (
    <div className="tree" ref={holder} tabIndex={-1}>
      <div
        role="tree"
        aria-label="Keys by prefix"
        className="tree-lines"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKey}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index]!;
          return (
            <TreeLine
              key={index}
              row={row}
              index={index}
              start={start}
              focusable={index === at || (index === 0 && at < 0)}
              selected={row.kind === "entry" && row.entry.id === selected}
              onClick={() => {
                setActive(index);
                activate(row);
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Reads the next page before its place comes into sight. `last`: the last line in sight. */
function useReadAhead(tree: Tree, rows: readonly Row[], last: number): void {
  const ahead = rows.slice(last, last + 12).find((row) => row.kind === "more");
  useEffect(() => {
    if (ahead?.kind === "more" && !ahead.loading) tree.more(ahead.parent);
  }, [ahead, tree]);
}

interface Moves {
  readonly tree: Tree;
  readonly rows: readonly Row[];
  readonly at: number;
  readonly go: (to: number) => void;
  readonly activate: (row: Row | undefined) => void;
  /** Lines in sight, less one. */
  readonly page: () => number;
}

/** The keys of a tree: arrows, Home, End, pages, Enter, and typing the beginning of a name. */
function useTreeKeys({ tree, rows, at, go, activate, page }: Moves) {
  const typed = useRef({ text: "", at: 0 });
  /** Goes to the next line that begins with what was typed. Shortcuts keep `/` and `?`. */
  const typeAhead = (event: KeyboardEvent): boolean => {
    if (event.key === "/" || event.key === "?") return false;
    const fresh = event.timeStamp - typed.current.at > TYPING_MS;
    const text = (fresh ? "" : typed.current.text) + event.key.toLowerCase();
    typed.current = { text, at: event.timeStamp };
    const fits = (row: Row): boolean =>
      row.kind === "entry" && row.name.toLowerCase().startsWith(text);
    const from = fresh ? at + 1 : at;
    const ahead = rows.findIndex((row, index) => index >= from && fits(row));
    const found = ahead >= 0 ? ahead : rows.findIndex(fits);
    if (found >= 0) go(found);
    return true;
  };
  const turn = (row: Row, key: "ArrowRight" | "ArrowLeft"): void => {
    const folder = row.kind === "entry" && row.entry.kind === "folder" ? row : undefined;
    if (key === "ArrowRight") {
      if (folder?.open === true) go(at + 1);
      else if (folder !== undefined) tree.expand([folder.entry.id]);
    } else if (folder?.open === true) tree.collapse(folder.entry.id);
    else go(rows.findLastIndex((other, index) => index < at && other.level < row.level));
  };
  return (event: KeyboardEvent): void => {
    const row = rows[at];
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: at + page(),
      PageUp: at - page(),
    };
    const step = steps[event.key];
    const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (step !== undefined) go(step);
    else if (event.key === "Enter" || event.key === " ") activate(row);
    else if (row !== undefined && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      turn(row, event.key);
    } else if (!plain || !typeAhead(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function rowHeight(): number {
  return (
    Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 28
  );
}

function TreeLine({
  row,
  index,
  start,
  focusable,
  selected,
  onClick,
}: {
  readonly row: Row;
  readonly index: number;
  readonly start: number;
  readonly focusable: boolean;
  readonly selected: boolean;
  readonly onClick: () => void;
}): ReactNode {
  const place = {
    "--d": row.level,
    transform: `translateY(${start}px)`,
  } as Readonly<Record<string, string | number>>;
  const common = {
    role: "treeitem",
    "aria-level": row.level,
    tabIndex: focusable ? 0 : -1,
    "data-row": index,
    style: place,
    onClick,
  } as const;
  if (row.kind !== "entry") {
    const text = row.kind === "more" && !row.loading ? "more…" : "reading…";
    return (
      <div {...common} aria-selected={false}>
        <span className="twist" />
        <span className="nm faint">{text}</span>
      </div>
    );
  }
  const { entry, name, open, position, setSize } = row;
  const folder = entry.kind === "folder";
  return (
    <div
      {...common}
      aria-posinset={position}
      aria-setsize={setSize}
      aria-selected={selected}
      {...(folder ? { "aria-expanded": open } : {})}
      className={entry.kind === "deleted" ? "gone" : undefined}
      title={name}
    >
      {folder ? <Icon name="right" className="twist" /> : <span className="twist" />}
      <span className="nm">{name === "" ? <em>(the prefix itself)</em> : name}</span>
      <span className="ct">
        {folder ? (entry.count === undefined ? "" : numberText(entry.count)) : null}
      </span>
    </div>
  );
}

import { fromBase64, keyText, type TailEvent } from "@nodetcd/console/contract";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useRef, useSyncExternalStore } from "react";
import { Icon } from "../../parts/icon.tsx";
import { numberText, sizeText } from "../../parts/words.ts";
import type { TailLine } from "./use-tail.ts";

const ICONS = { create: "plus", put: "pen", delete: "cross" } as const;
const CLASSES = { create: "op new", put: "op", delete: "op del" } as const;

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 2,
});

/** The lines, newest first. Only those in sight are in the page. It speaks only when asked to. */
export function TailList({
  lines,
  chosen,
  choose,
}: {
  readonly lines: readonly TailLine[];
  readonly chosen: TailEvent | undefined;
  readonly choose: (event: TailEvent) => void;
}): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => holder.current,
    estimateSize: (at) => (lines[at]?.kind === "gap" ? (narrow ? 62 : 36) : narrow ? 56 : 26),
    getItemKey: (at) => keyOf(lines[at]!),
    overscan: 10,
  });
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const events = lines.filter((line) => line.kind === "event");
    const at = events.findIndex((line) => line.event === chosen);
    const next = events[Math.max(0, Math.min(events.length - 1, at + step))];
    if (next !== undefined) choose(next.event);
    event.preventDefault();
  };
  return (
    <div
      className="tail tail-scroll"
      ref={holder}
      role="log"
      aria-live="off"
      aria-label="Events, newest first"
      tabIndex={0}
      onKeyDown={onKey}
    >
      {lines.length === 0 ? <p className="pad note">Nothing has changed yet.</p> : null}
      <div className="tree-lines" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const line = lines[index]!;
          const style = { transform: `translateY(${start}px)` };
          return line.kind === "gap" ? (
            <Gap line={line} style={style} key={key} />
          ) : (
            <EventLine
              key={key}
              event={line.event}
              at={line.at}
              style={style}
              current={line.event === chosen}
              onClick={() => choose(line.event)}
            />
          );
        })}
      </div>
    </div>
  );
}

const NARROW = "(max-width: 760px)";

/** True where a line has its key below the rest. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    (change) => {
      const media = matchMedia(NARROW);
      media.addEventListener("change", change);
      return () => media.removeEventListener("change", change);
    },
    () => matchMedia(NARROW).matches,
  );
}

function keyOf(line: TailLine): string {
  return line.kind === "gap" ? `gap ${line.to}` : `${line.event.revision} ${line.event.id}`;
}

interface LineStyle {
  readonly transform: string;
}

function EventLine({
  event,
  at,
  style,
  current,
  onClick,
}: {
  readonly event: TailEvent;
  readonly at: number;
  readonly style: LineStyle;
  readonly current: boolean;
  readonly onClick: () => void;
}): ReactNode {
  const text = keyText(fromBase64(event.id));
  return (
    <div
      className="ln at"
      style={style}
      aria-current={current ? "true" : undefined}
      onClick={onClick}
    >
      <span>{numberText(event.revision)}</span>
      <span>{clock.format(at)}</span>
      <span className={CLASSES[event.kind]}>
        <Icon name={ICONS[event.kind]} />
        {event.kind}
      </span>
      <span className="ky" title={text}>
        {text}
      </span>
      <span className="num">{event.kind === "delete" ? "" : sizeText(event.size)}</span>
    </div>
  );
}

function Gap({
  line,
  style,
}: {
  readonly line: Extract<TailLine, { kind: "gap" }>;
  readonly style: LineStyle;
}): ReactNode {
  return (
    <div className="gap-note ln-gap" style={style}>
      <Icon name="skip" />
      <span>
        <b className="strong">{numberText(line.count)} events not drawn.</b> None is lost.
      </span>
      <Link to="/watch" search={(before) => ({ ...before, from: line.from })} tabIndex={-1}>
        Read them from {numberText(line.from)}
      </Link>
    </div>
  );
}

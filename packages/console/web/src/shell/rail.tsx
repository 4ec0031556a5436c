import type { Happening, PulseView } from "@nodetcd/console/contract";
import { type MouseEvent, type ReactNode, useState } from "react";
import { usePulse } from "../data/queries.ts";
import { useStanding } from "../data/standing.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { fullTimeText, numberText, timeText } from "../parts/words.ts";

const MARKS: Readonly<Record<Happening["kind"], readonly [IconName, string]>> = {
  leader: ["flag", ""],
  compaction: ["compact", "p"],
  alarm: ["act", "a"],
  member: ["look", "w"],
  own: ["pen", ""],
  burst: ["watch", "w"],
};

/** Every page stands at a revision: the rail shows which, and leads to others. */
export function Rail(): ReactNode {
  const { data: pulse } = usePulse();
  const { revision, travel } = useStanding();
  const [asking, setAsking] = useState(false);
  const line = pulse?.rail ?? [];
  return (
    <>
      <section className="rail" aria-label="Time rail: revisions that can still be read">
        <span className="lb">
          Readable from
          <br />
          <b>{pulse === undefined ? "" : numberText(pulse.oldest)}</b>
        </span>
        <Track pulse={pulse} line={line} revision={revision} travel={travel} />
        <button
          className="btn bare at nowrap"
          data-travel
          title="Travel to a revision (t)"
          onClick={() => setAsking(true)}
        >
          <span className="hide-s">revision</span>{" "}
          <b>{pulse === undefined ? "" : numberText(revision ?? pulse.revision)}</b>
        </button>
      </section>
      {revision === undefined ? null : (
        <div className="past-line" role="status">
          <Icon name="past" />
          <span>
            You look at revision <b>{numberText(revision)}</b>
            {whenOf(line, revision)}. Nothing can be edited, all can be restored.
          </span>
          <button className="btn" onClick={() => travel(undefined)}>
            Back to now <kbd>n</kbd>
          </button>
        </div>
      )}
      {asking ? (
        <TravelDialog pulse={pulse} travel={travel} close={() => setAsking(false)} />
      ) : null}
    </>
  );
}

type Line = PulseView["rail"];

function whenOf(line: Line, revision: number): string {
  const after = line.find((point) => point.revision >= revision);
  return after === undefined ? "" : `, of about ${timeText(after.at)}`;
}

function Track({
  pulse,
  line,
  revision,
  travel,
}: {
  readonly pulse: PulseView | undefined;
  readonly line: Line;
  readonly revision: number | undefined;
  readonly travel: (revision: number | undefined) => void;
}): ReactNode {
  const from = line[0]?.at ?? 0;
  const to = line.at(-1)?.at ?? 1;
  const place = (at: number): number => ((at - from) / Math.max(1, to - from)) * 100;
  const oldest = pulse?.oldest ?? 0;
  const lost = line.findLast((point) => point.revision <= oldest);
  const onClick = (event: MouseEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = from + ((event.clientX - box.left) / box.width) * (to - from);
    const point = line.find((candidate) => candidate.at >= at);
    if (point === undefined || point === line.at(-1)) travel(undefined);
    else travel(Math.max(point.revision, oldest, 1));
  };
  return (
    <div className="trk" onClick={onClick}>
      <svg viewBox="0 0 1000 26" preserveAspectRatio="none" aria-hidden="true">
        <path d={rateShape(line)} fill="var(--accent-bg-2)" />
      </svg>
      {lost === undefined || oldest <= 1 ? null : (
        <div
          className="lost"
          title="Compacted: these revisions are gone"
          style={{ width: `${place(lost.at)}%` }}
        />
      )}
      {dayMarks(from, to).map((at) => (
        <span className="day" key={at} style={{ left: `${place(at)}%` }}>
          {timeText(at).replace(/:00$/, "")}
        </span>
      ))}
      {pulse?.marks.map((mark) => (
        <RailMark
          key={`${mark.at} ${mark.text}`}
          mark={mark}
          left={place(mark.at)}
          travel={travel}
        />
      ))}
      {revision === undefined ? null : (
        <span
          className="stand"
          style={{ left: `${place(line.find((point) => point.revision >= revision)?.at ?? to)}%` }}
        />
      )}
      <span className="now" />
    </div>
  );
}

function RailMark({
  mark,
  left,
  travel,
}: {
  readonly mark: Happening;
  readonly left: number;
  readonly travel: (revision: number) => void;
}): ReactNode {
  const [icon, className] = MARKS[mark.kind];
  if (left < 0 || left > 100) return null;
  const text = `${mark.text} · ${fullTimeText(mark.at)}`;
  return (
    <button
      className={`mk ${className}`}
      style={{ left: `${left}%` }}
      title={text}
      aria-label={text}
      onClick={(event) => {
        event.stopPropagation();
        if (mark.revision !== undefined) travel(mark.revision);
      }}
    >
      <Icon name={icon} />
    </button>
  );
}

/** The write rate as a ground: square root, so that a quiet hour is seen beside a burst. */
function rateShape(line: Line): string {
  if (line.length < 2) return "";
  const rates = line.map((point, at) =>
    at === 0 ? 0 : Math.sqrt(Math.max(0, point.revision - line[at - 1]!.revision)),
  );
  const top = Math.max(1, ...rates);
  const points = rates.map((rate, at) => {
    const x = (at / (line.length - 1)) * 1_000;
    return `L${x.toFixed(0)},${(25 - (rate / top) * 22).toFixed(1)}`;
  });
  return `M0,26 ${points.join(" ")} L1000,26 Z`;
}

const SPANS = [
  60_000,
  300_000,
  900_000,
  3_600_000,
  6 * 3_600_000,
  24 * 3_600_000,
  7 * 24 * 3_600_000,
];

/** At most six round times, where the rail is long enough for them. */
function dayMarks(from: number, to: number): number[] {
  const step = SPANS.find((span) => (to - from) / span <= 6);
  if (step === undefined || from === 0) return [];
  const zone = new Date(to).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - zone) / step) * step + zone;
  const marks: number[] = [];
  for (let at = first; at < to - (to - from) * 0.06; at += step) {
    if (at > from + (to - from) * 0.02) marks.push(at);
  }
  return marks;
}

function TravelDialog({
  pulse,
  travel,
  close,
}: {
  readonly pulse: PulseView | undefined;
  readonly travel: (revision: number | undefined) => void;
  readonly close: () => void;
}): ReactNode {
  const [text, setText] = useState("");
  const wanted = Number(text.replaceAll(",", ""));
  const oldest = pulse?.oldest ?? 1;
  const newest = pulse?.revision ?? 1;
  const good = Number.isSafeInteger(wanted) && wanted >= Math.max(1, oldest) && wanted <= newest;
  return (
    <Dialog label="Travel to a revision" close={close}>
      <form
        className="ks form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!good) return;
          travel(wanted === newest ? undefined : wanted);
          close();
        }}
      >
        <h2>Travel to a revision</h2>
        <label>
          Revision from {numberText(oldest)} to {numberText(newest)}
          <input
            className="inp mono"
            inputMode="numeric"
            autoFocus
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </label>
        <div className="row">
          <button className="btn pri" disabled={!good}>
            Go there
          </button>
          <button
            type="button"
            className="btn"
            onClick={() => {
              travel(undefined);
              close();
            }}
          >
            Now
          </button>
        </div>
      </form>
    </Dialog>
  );
}

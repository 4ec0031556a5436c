import { parseKeyText, type TailEvent, toBase64Url } from "@nodetcd/console/contract";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Icon } from "../../parts/icon.tsx";
import { Segments } from "../../parts/segments.tsx";
import { Message } from "../../parts/states.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { numberText, zoneText } from "../../parts/words.ts";
import { isPlainKey } from "../../shell/shortcuts.ts";
import { EventDetail } from "./event-detail.tsx";
import { Groups, RateLine } from "./rates.tsx";
import { TailList } from "./tail-list.tsx";
import { type Tail, useTail } from "./use-tail.ts";

type Kind = "all" | TailEvent["kind"];

/** What changes, while it changes. */
export function WatchPage(): ReactNode {
  useTitle("Watch");
  const { prefix = "", pattern = "", from } = useSearch({ from: "/watch" });
  const [kind, setKind] = useState<Kind>("all");
  const [chosen, setChosen] = useState<TailEvent>();
  const tail = useTail({ prefix: toBase64Url(parseKeyText(prefix)), pattern, from });
  const { pause } = tail;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== " " || !isPlainKey(event)) return;
      if (event.target instanceof Element && event.target.closest("button, a, [tabindex='0']"))
        return;
      event.preventDefault();
      pause();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [pause]);
  const lines = tail.lines.filter(
    (line) => kind === "all" || line.kind === "gap" || line.event.kind === kind,
  );
  return (
    <>
      <div className="head">
        <h1>Watch</h1>
        <p role="status">{factsOf(tail)}</p>
        <div className="row">
          <PauseButton tail={tail} />
          <FromRevision />
        </div>
      </div>
      <Filters kind={kind} setKind={setKind} />
      <div className="side">
        <section aria-label="Events">
          <Ended tail={tail} />
          <div className="tail" aria-hidden="true">
            <div className="ln hd">
              <span>Revision</span>
              <span>Time {zoneText()}</span>
              <span>Kind</span>
              <span>Key</span>
              <span className="num">Size</span>
            </div>
          </div>
          <TailList lines={lines} chosen={chosen} choose={setChosen} />
        </section>
        <aside aria-label="Rate and detail">
          <RateLine rates={tail.rates} />
          <Groups groups={tail.groups} />
          {chosen === undefined ? null : <EventDetail event={chosen} />}
        </aside>
      </div>
    </>
  );
}

function factsOf(tail: Tail): string {
  if (tail.paused) return `Paused · ${numberText(tail.waiting)} wait`;
  if (tail.state === "opening") return "Opening…";
  if (tail.state === "broken") return "The connection broke. It goes on where it was.";
  return `${numberText(tail.total)} events since this page opened`;
}

function PauseButton({ tail }: { readonly tail: Tail }): ReactNode {
  return (
    <button className="btn pri" aria-pressed={tail.paused} onClick={tail.pause}>
      <Icon name={tail.paused ? "play" : "pause"} /> {tail.paused ? "Resume" : "Pause"}
    </button>
  );
}

function Ended({ tail }: { readonly tail: Tail }): ReactNode {
  const navigate = useNavigate();
  const { end } = tail;
  if (end === undefined) return null;
  const { oldest } = end;
  return (
    <div className="pad">
      <Message
        kind="act"
        icon="act"
        title={`The watch ended: ${end.message}`}
        actions={
          oldest === undefined ? undefined : (
            <button
              className="btn"
              onClick={() =>
                void navigate({ to: ".", search: (before) => ({ ...before, from: oldest }) })
              }
            >
              Go on from {numberText(oldest)}
            </button>
          )
        }
      />
    </div>
  );
}

/** Prefix, words and kind; the address holds them, so that a watch can be sent to somebody. */
function Filters({
  kind,
  setKind,
}: {
  readonly kind: Kind;
  readonly setKind: (kind: Kind) => void;
}): ReactNode {
  const navigate = useNavigate();
  const search = useSearch({ from: "/watch" });
  const [prefix, setPrefix] = useState(search.prefix ?? "");
  const [pattern, setPattern] = useState(search.pattern ?? "");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void navigate({
      to: "/watch",
      search: (before) => ({
        ...before,
        prefix: prefix === "" ? undefined : prefix,
        pattern: pattern === "" ? undefined : pattern,
      }),
    });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <label className="fld grow">
        <span>Prefix</span>
        <input
          className="mono"
          autoComplete="off"
          spellCheck={false}
          placeholder="all keys"
          value={prefix}
          onChange={({ target }) => setPrefix(target.value)}
          onBlur={submit}
        />
      </label>
      <label className="fld grow">
        <Icon name="search" />
        <span className="vh">Filter</span>
        <input
          data-search
          autoComplete="off"
          placeholder="Filter: words, -without, /pattern/"
          value={pattern}
          onChange={({ target }) => setPattern(target.value)}
          onBlur={submit}
        />
      </label>
      <button className="vh">Filter</button>
      <Segments
        label="Kind"
        value={kind}
        choose={setKind}
        options={[
          { value: "all", label: "All" },
          { value: "create", label: "Create" },
          { value: "put", label: "Put" },
          { value: "delete", label: "Delete" },
        ]}
      />
    </form>
  );
}

function FromRevision(): ReactNode {
  const navigate = useNavigate();
  const { from } = useSearch({ from: "/watch" });
  const [text, setText] = useState(from === undefined ? "" : String(from));
  const go = (revision: number | undefined): void =>
    void navigate({ to: "/watch", search: (before) => ({ ...before, from: revision }) });
  return (
    <form
      className="row keep"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = Number(text.replaceAll(",", ""));
        go(Number.isSafeInteger(wanted) && wanted > 0 ? wanted : undefined);
      }}
    >
      <label className="fld">
        <span className="nowrap">From revision</span>
        <input
          className="mono short"
          inputMode="numeric"
          placeholder="now"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <button className="btn">Go</button>
    </form>
  );
}

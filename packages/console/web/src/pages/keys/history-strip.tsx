import {
  fromBase64,
  type HistoryView,
  type KeyId,
  keyText,
  type RestoreResult,
  type VersionView,
} from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { useStanding } from "../../data/standing.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed } from "../../parts/states.tsx";
import { fullTimeText, numberText, plural, timeText } from "../../parts/words.ts";
import { isPlainKey } from "../../shell/shortcuts.ts";

/** Marks that fit beside each other. */
const SHOWN = 24;

/** The life of a key as marks on a line: put, deleted, made again. Any of them can be looked at. */
export function HistoryStrip({ id }: { readonly id: KeyId }): ReactNode {
  const { revision, travel } = useStanding();
  const { data: view, error } = useQuery({
    queryKey: ["history", id],
    queryFn: ({ signal }) => get<HistoryView>("history", { key: id }, signal),
    refetchInterval: 10_000,
  });
  const shown = view?.versions.slice(-SHOWN) ?? [];
  const current =
    revision === undefined ? shown.at(-1) : shown.findLast((one) => one.revision <= revision);
  const at = current === undefined ? -1 : shown.indexOf(current);
  const go = (step: number): void => {
    const next = shown[at + step];
    if (next === undefined) return;
    travel(next === shown.at(-1) ? undefined : next.revision);
  };
  useStepKeys(go);
  if (error !== null) return <Failed error={error} what="The history" />;
  return (
    <div className="bar strip">
      <div className="ch">
        <h2>History</h2>
        <span className="small dim">{view === undefined ? "" : storyOf(view)}</span>
        <span className="more">
          <button
            className="btn bare"
            aria-label="Older version"
            disabled={at <= 0}
            onClick={() => go(-1)}
          >
            <kbd>[</kbd>
          </button>
          <button
            className="btn bare"
            aria-label="Newer version"
            disabled={at < 0 || at >= shown.length - 1}
            onClick={() => go(1)}
          >
            <kbd>]</kbd>
          </button>
          {current !== undefined && revision !== undefined && current.kind === "put" ? (
            <RestoreButton id={id} version={current} />
          ) : null}
        </span>
      </div>
      <div className="hs">
        {view !== undefined && view.oldest > 1 ? (
          <span className="lost" title="Compacted" style={{ width: 14, transform: "none" }} />
        ) : null}
        {shown.map((version, index) => (
          <Mark
            key={version.revision}
            version={version}
            place={place(index, shown.length)}
            next={place(index + 1, shown.length)}
            pressed={version === current}
            label={index === 0 || index === shown.length - 1 || version === current}
            choose={() => travel(version === shown.at(-1) ? undefined : version.revision)}
          />
        ))}
      </div>
    </div>
  );
}

/** The keys `[` and `]` go to the older and the newer version. */
function useStepKeys(go: (step: number) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isPlainKey(event) || (event.key !== "[" && event.key !== "]")) return;
      event.preventDefault();
      go(event.key === "[" ? -1 : 1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

function place(index: number, count: number): number {
  return count <= 1 ? 96 : 4 + (Math.min(index, count - 1) / (count - 1)) * 92;
}

function storyOf({ versions, more, oldest }: HistoryView): string {
  const deleted = versions.filter(({ kind }) => kind === "delete").length;
  const puts = versions.length - deleted;
  const parts = [
    plural(puts, "version"),
    ...(deleted > 0 ? [`deleted ${deleted === 1 ? "once" : `${deleted} times`}`] : []),
    ...(more ? ["the newest are shown"] : []),
    ...(oldest > 1 ? [`readable from ${numberText(oldest)}`] : []),
  ];
  return parts.join(", ");
}

function Mark({
  version,
  place: left,
  next,
  pressed,
  label,
  choose,
}: {
  readonly version: VersionView;
  readonly place: number;
  readonly next: number;
  readonly pressed: boolean;
  readonly label: boolean;
  readonly choose: () => void;
}): ReactNode {
  const gone = version.kind === "delete";
  const when = version.at === undefined ? "" : `, about ${fullTimeText(version.at)}`;
  const what = gone ? "deleted" : `version ${version.version}`;
  const text = `${what}, revision ${numberText(version.revision)}${when}`;
  return (
    <>
      <i
        className={gone ? "span del" : "span"}
        style={{ left: `${left}%`, width: `${Math.max(0, next - left)}%` }}
      />
      <button
        className={gone ? "del" : undefined}
        style={{ left: `${left}%` }}
        aria-pressed={pressed}
        aria-label={text}
        title={text}
        onClick={choose}
      >
        <Icon name={gone ? "cross" : "dot"} />
      </button>
      {label ? (
        <span className={pressed ? "on" : gone ? "del" : undefined} style={{ left: `${left}%` }}>
          {version.at === undefined ? numberText(version.revision) : timeText(version.at)}
        </span>
      ) : null}
    </>
  );
}

/** Puts the value of then back, if the key is what it is now. */
function RestoreButton({
  id,
  version,
}: {
  readonly id: KeyId;
  readonly version: VersionView;
}): ReactNode {
  const { data: session } = useSession();
  const { travel } = useStanding();
  const restore = useMutation({
    mutationFn: async () => {
      const { revision } = await get<HistoryView>("history", { key: id });
      return await post<RestoreResult>("history/restore", {
        prefix: id,
        single: true,
        revision: version.revision,
        seen: revision,
      });
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["history", id] });
      void queryClient.invalidateQueries({ queryKey: ["value", id] });
      travel(undefined);
    },
  });
  const open = session?.writes === "open";
  return (
    <button
      className="btn"
      aria-disabled={!open}
      title={open ? `Puts ${keyText(fromBase64(id))} back` : session?.writesNote}
      onClick={() => open && restore.mutate()}
    >
      <Icon name="back" /> Restore this version
    </button>
  );
}

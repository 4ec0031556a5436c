import type { CompactPreview, MaintenanceView } from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Message } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { durationText, numberText, plural } from "../../parts/words.ts";

/** Old revisions go; what would be lost is said before. */
export function CompactTab({ view }: { readonly view: MaintenanceView }): ReactNode {
  const [wanted, setWanted] = useState<string>();
  // The proposal keeps some history; where there is none to keep, nothing is proposed.
  const [proposal] = view.choices.length > 1 ? view.choices : [];
  const text = wanted ?? (proposal === undefined ? "" : String(proposal.revision));
  const revision = Number(text.replaceAll(",", ""));
  const good =
    Number.isSafeInteger(revision) && revision > view.oldest && revision <= view.revision;
  return (
    <div className="sheet">
      <section className="cell c6" aria-labelledby="compact-head">
        <div className="ch">
          <h2 id="compact-head">Compact to a revision</h2>
          <span className="small dim">
            {numberText(view.oldest)} is the oldest, {numberText(view.revision)} is now
          </span>
        </div>
        <div className="row">
          {view.choices.map((choice) => (
            <button
              key={choice.label}
              className="chip"
              aria-pressed={choice.revision === revision}
              onClick={() => setWanted(String(choice.revision))}
            >
              {choice.label}
            </button>
          ))}
        </div>
        <label className="fld above">
          <span>Revision</span>
          <input
            className="mono"
            inputMode="numeric"
            value={text}
            onChange={({ target }) => setWanted(target.value)}
          />
        </label>
        <p className="note above">
          Keys keep their newest value. What goes are older values: undo, time travel and watches
          from before. The file does not get smaller; its pages are free for new data, and
          defragmentation gives them back.
        </p>
      </section>
      <section className="cell c6" aria-labelledby="lost-head">
        <div className="ch">
          <h2 id="lost-head">What would be lost</h2>
        </div>
        {good ? (
          <Lost key={revision} revision={revision} />
        ) : (
          <p className="note">
            {view.oldest >= view.revision
              ? "There is no history to compact."
              : `Choose a revision above ${numberText(view.oldest)}, up to ${numberText(view.revision)}.`}
          </p>
        )}
      </section>
    </div>
  );
}

function Lost({ revision }: { readonly revision: number }): ReactNode {
  const { data: session } = useSession();
  const { data: preview } = useQuery({
    queryKey: ["compact-preview", revision],
    queryFn: ({ signal }) => get<CompactPreview>("maintenance/preview", { revision }, signal),
    refetchInterval: 5_000,
  });
  const compact = useMutation({
    mutationFn: () => post("maintenance/compact", { revision, name: session?.cluster }),
    onSuccess: () => void queryClient.invalidateQueries(),
  });
  const open = session?.writes === "open";
  if (preview === undefined) return null;
  const time = preview.lostMs === undefined ? "" : ` (${durationText(preview.lostMs)} of history)`;
  return (
    <div className="form">
      <Message kind="act" icon="act" title="This cannot be undone.">
        {plural(preview.revisionsLost, "revision")} {time} go. Undo, time travel and restore before{" "}
        {numberText(revision)} end.
      </Message>
      <dl className="facts">
        <div>
          <dt>History that stays</dt>
          <dd>{preview.keptMs === undefined ? "not known" : durationText(preview.keptMs)}</dd>
        </div>
        <div>
          <dt>Watchers that are behind</dt>
          <dd className={(preview.slowWatchers ?? 0) > 0 ? "bad-text" : undefined}>
            {preview.slowWatchers === undefined
              ? "not told"
              : `${numberText(preview.slowWatchers)} of ${numberText(preview.watchers ?? 0)}`}
          </dd>
        </div>
      </dl>
      {(preview.slowWatchers ?? 0) > 0 ? (
        <p className="note">
          A watcher that is behind {numberText(revision)} is cut off, and has to list everything
          again.
        </p>
      ) : null}
      {compact.error === null ? null : (
        <Message kind="act" icon="act" title={compact.error.message} />
      )}
      {compact.isSuccess ? (
        <Message icon="fine" title={`Compacted to ${numberText(revision)}.`} />
      ) : null}
      <TypedName name={session?.cluster ?? ""}>
        {(typed) => (
          <button
            className="btn del sure"
            disabled={!typed || !open || compact.isPending}
            title={open ? undefined : session?.writesNote}
            onClick={() => compact.mutate()}
          >
            Compact to {numberText(revision)}
          </button>
        )}
      </TypedName>
    </div>
  );
}

import {
  type ChangeView,
  type DifferenceView,
  fromBase64,
  type KeyId,
  type KeyMissing,
  keyText,
  type KeyValueView,
  parseKeyText,
  type RestoreResult,
  toBase64Url,
} from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, usePulse, useSession } from "../../data/queries.ts";
import { DiffView } from "../../parts/diff-view.tsx";
import { Failed, Message, Skeleton, State } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { comparableText } from "../../parts/value-text.ts";
import { numberText, plural } from "../../parts/words.ts";

/** What a prefix was then, what it is now, and the way back. */
export function HistoryPage(): ReactNode {
  useTitle("History");
  const { prefix = "", from, to } = useSearch({ from: "/history" });
  const { data: pulse } = usePulse();
  const [chosen, setChosen] = useState<KeyId>();
  const id = toBase64Url(parseKeyText(prefix));
  const begin = from ?? pulse?.oldest;
  const { data: view, error } = useQuery({
    queryKey: ["difference", id, begin, to],
    enabled: begin !== undefined && begin > 0,
    queryFn: ({ signal }) =>
      get<DifferenceView>("history/difference", { prefix: id, from: begin, to: to ?? 0 }, signal),
  });
  const change = view?.changes.find((one) => one.id === chosen);
  return (
    <>
      <div className="head">
        <h1>History</h1>
        <p>
          {view === undefined
            ? "What changed between two revisions, deleted keys too."
            : `${numberText(view.added)} added, ${numberText(view.changed)} changed, ${numberText(view.removed)} removed from ${numberText(view.from)} to ${numberText(view.to)}`}
        </p>
      </div>
      <Range key={`${begin}`} begin={begin} />
      {error === null ? null : <Failed error={error} what="The difference" />}
      {view === undefined ? (
        error === null && begin !== undefined ? (
          <Skeleton rows={8} />
        ) : null
      ) : (
        <div className="side">
          <section aria-label="Changes" className="cell flush sheet-top">
            <Changes view={view} chosen={chosen} choose={setChosen} />
          </section>
          <aside aria-label="Change and restore">
            {change === undefined ? null : <ChangeDetail change={change} view={view} />}
            <Restore view={view} prefix={prefix} id={id} />
          </aside>
        </div>
      )}
    </>
  );
}

/** Prefix and both revisions; the address holds them. */
function Range({ begin }: { readonly begin: number | undefined }): ReactNode {
  const navigate = useNavigate();
  const search = useSearch({ from: "/history" });
  const [prefix, setPrefix] = useState(search.prefix ?? "");
  const [from, setFrom] = useState(begin === undefined ? "" : String(begin));
  const [to, setTo] = useState(search.to === undefined ? "" : String(search.to));
  const number = (text: string): number | undefined => {
    const value = Number(text.replaceAll(",", ""));
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void navigate({
      to: "/history",
      search: {
        ...(prefix === "" ? {} : { prefix }),
        from: number(from),
        to: number(to),
      },
    });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <label className="fld grow">
        <span>Prefix</span>
        <input
          data-search
          className="mono"
          autoComplete="off"
          spellCheck={false}
          placeholder="all keys"
          value={prefix}
          onChange={({ target }) => setPrefix(target.value)}
        />
      </label>
      <label className="fld">
        <span>From</span>
        <input
          className="mono short"
          inputMode="numeric"
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
      </label>
      <label className="fld">
        <span>To</span>
        <input
          className="mono short"
          inputMode="numeric"
          placeholder="now"
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
      </label>
      <button className="btn pri">Compare</button>
    </form>
  );
}

const KINDS = {
  added: ["fine", "added"],
  changed: ["run", "changed"],
  removed: ["past", "removed"],
} as const;

function Changes({
  view,
  chosen,
  choose,
}: {
  readonly view: DifferenceView;
  readonly chosen: KeyId | undefined;
  readonly choose: (id: KeyId) => void;
}): ReactNode {
  if (view.changes.length === 0) return <p className="pad note">Nothing differs.</p>;
  return (
    <div className="tw" tabIndex={0} role="region" aria-label="Changes, table">
      <table className="t cards">
        <thead>
          <tr>
            <th>Key</th>
            <th>What</th>
            <th className="num">Was at</th>
            <th className="num">Is at</th>
          </tr>
        </thead>
        <tbody>
          {view.changes.map((change) => (
            <tr key={change.id} aria-selected={change.id === chosen}>
              <td className="wide">
                <button className="hit" onClick={() => choose(change.id)}>
                  {keyText(fromBase64(change.id))}
                </button>
              </td>
              <td data-l="What">
                <State is={KINDS[change.kind][0] === "run" ? "off" : KINDS[change.kind][0]}>
                  {KINDS[change.kind][1]}
                </State>
              </td>
              <td data-l="Was at" className="num mono">
                {change.beforeRevision === undefined ? "" : numberText(change.beforeRevision)}
              </td>
              <td data-l="Is at" className="num mono">
                {change.afterRevision === undefined ? "" : numberText(change.afterRevision)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {view.more ? (
        <p className="pad note">
          The first {numberText(view.changes.length)} are shown; a longer prefix shows the others.
        </p>
      ) : null}
    </div>
  );
}

function useValueAt(id: KeyId, revision: number) {
  return useQuery({
    queryKey: ["value", id, revision],
    queryFn: ({ signal }) =>
      get<KeyValueView | KeyMissing>("keys/value", { key: id, revision }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function ChangeDetail({
  change,
  view,
}: {
  readonly change: ChangeView;
  readonly view: DifferenceView;
}): ReactNode {
  const before = useValueAt(change.id, view.from);
  const after = useValueAt(change.id, view.to);
  return (
    <section aria-labelledby="change-head">
      <div className="ch">
        <h2 id="change-head" className="wrap mono">
          {keyText(fromBase64(change.id))}
        </h2>
      </div>
      {before.data === undefined || after.data === undefined ? null : (
        <DiffView
          before={comparableText(before.data)}
          after={comparableText(after.data)}
          label="What differs"
        />
      )}
      <div className="row above">
        <Link
          className="btn"
          to="/keys/$key"
          params={{ key: change.id }}
          search={{ at: view.from }}
        >
          As it was
        </Link>
        <Link className="btn bare" to="/keys/$key" params={{ key: change.id }}>
          As it is
        </Link>
      </div>
    </section>
  );
}

/** Everything under the prefix back to the first revision. The difference above is the preview. */
function Restore({
  view,
  prefix,
  id,
}: {
  readonly view: DifferenceView;
  readonly prefix: string;
  readonly id: KeyId;
}): ReactNode {
  const { data: session } = useSession();
  const { to } = useSearch({ from: "/history" });
  const count = view.added + view.changed + view.removed;
  const restore = useMutation({
    mutationFn: () =>
      post<RestoreResult>("history/restore", {
        prefix: id,
        name: prefix,
        revision: view.from,
        seen: view.to,
      }),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ["difference"] }),
  });
  const open = session?.writes === "open";
  const why = whyNotRestorable(prefix, to, count);
  return (
    <section aria-labelledby="restore-head">
      <div className="ch">
        <h2 id="restore-head">Restore to {numberText(view.from)}</h2>
      </div>
      {why !== "" ? (
        <p className="note">{why}</p>
      ) : (
        <div className="form" key={`${prefix} ${view.from}`}>
          <p className="note">
            {plural(view.changed + view.removed, "key")} get the value of then,{" "}
            {plural(view.added, "key")} that came later go. Keys that change after{" "}
            {numberText(view.to)} are left alone. Leases are not restored.
          </p>
          <TypedName name={prefix}>
            {(typed) => (
              <button
                className="btn pri"
                disabled={!typed || !open || restore.isPending}
                title={open ? undefined : session?.writesNote}
                onClick={() => restore.mutate()}
              >
                Restore {plural(count, "key")}
              </button>
            )}
          </TypedName>
        </div>
      )}
      {restore.error === null ? null : (
        <Message kind="act" icon="act" title={restore.error.message} />
      )}
      {restore.data === undefined ? null : (
        <Message
          icon="fine"
          title={`${numberText(restore.data.restored)} restored, ${numberText(restore.data.removed)} removed, ${numberText(restore.data.skipped)} left alone.`}
        />
      )}
    </section>
  );
}

function whyNotRestorable(prefix: string, to: number | undefined, count: number): string {
  if (prefix === "") return "Give a prefix: a whole cluster is restored from a snapshot.";
  if (to !== undefined) return "Compare with now to restore.";
  return count === 0 ? "Nothing differs: there is nothing to restore." : "";
}

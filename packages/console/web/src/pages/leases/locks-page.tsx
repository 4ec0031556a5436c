import { fromBase64, keyText, type LocksView, type LockView } from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { get } from "../../data/api.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed, Skeleton, State } from "../../parts/states.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { durationText, numberText, plural } from "../../parts/words.ts";

/** Who holds, and who waits. */
export function LocksPage(): ReactNode {
  useTitle("Locks");
  const { data: view, error } = useQuery({
    queryKey: ["locks"],
    queryFn: ({ signal }) => get<LocksView>("locks", {}, signal),
    refetchInterval: 3_000,
  });
  if (view === undefined) {
    return error === null ? <Skeleton rows={8} /> : <Failed error={error} what="The locks" />;
  }
  const waiting = view.locks.reduce((sum, { line }) => sum + line.length - 1, 0);
  return (
    <>
      <div className="head">
        <h1>Locks and elections</h1>
        <p>
          {plural(view.locks.length, "name")} held, {numberText(waiting)} waiting
          {view.total > view.looked
            ? `; ${numberText(view.looked)} of ${numberText(view.total)} leases looked at`
            : ""}
        </p>
      </div>
      <div className="sheet pairs">
        {view.locks.length === 0 ? (
          <section className="cell">
            <p className="note">
              Nobody holds a lock or leads. Locks and elections of etcd's clients are seen here by
              their keys: a name, a slash and the lease of who waits.
            </p>
          </section>
        ) : null}
        {view.locks.map((lock) => (
          <LockCell key={lock.name} lock={lock} />
        ))}
      </div>
    </>
  );
}

function LockCell({ lock }: { readonly lock: LockView }): ReactNode {
  const name = keyText(fromBase64(lock.name));
  return (
    <section className="cell c6" aria-label={name}>
      <div className="ch">
        <Icon name={lock.kind === "lock" ? "lock" : "flag"} label={lock.kind} />
        <h2 className="mono wrap">{name}</h2>
        <span className="more">{lock.kind}</span>
      </div>
      <ol className="queue">
        {lock.line.map((one, at) => (
          <li key={one.key}>
            {at === 0 ? (
              <State is="fine">{lock.kind === "lock" ? "holds" : "leads"}</State>
            ) : (
              <span className="faint">{at}.</span>
            )}
            <span className="clip">
              <Link className="mono" to="/keys/$key" params={{ key: one.key }}>
                {one.lease}
              </Link>{" "}
              {one.value === "" ? null : <span className="dim">{one.value}</span>}
            </span>
            <span className="faint small nowrap">
              since {numberText(one.createRevision)} · lease {durationText(one.left * 1_000)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

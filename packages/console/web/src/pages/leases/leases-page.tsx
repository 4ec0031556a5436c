import {
  fromBase64,
  keyText,
  type LeasesView,
  type LeaseView,
  type SessionView,
} from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failed, Message, Skeleton } from "../../parts/states.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { durationText, numberText, plural } from "../../parts/words.ts";
import { useNow } from "../../parts/use-now.ts";

/** The leases, those that end next first. */
export function LeasesPage(): ReactNode {
  useTitle("Leases");
  const { data: session } = useSession();
  const [ending, setEnding] = useState<LeaseView>();
  const { data: view, error } = useQuery({
    queryKey: ["leases"],
    queryFn: ({ signal }) => get<LeasesView>("leases", {}, signal),
    refetchInterval: 5_000,
  });
  if (view === undefined) {
    return error === null ? <Skeleton rows={8} /> : <Failed error={error} what="The leases" />;
  }
  return (
    <>
      <div className="head">
        <h1>Leases</h1>
        <p>
          {plural(view.total, "lease")}
          {view.total > view.leases.length ? `, ${numberText(view.leases.length)} shown` : ""}. A
          key goes with its lease.
        </p>
      </div>
      <section className="cell flush sheet-top" aria-label="Leases">
        {view.total === 0 ? (
          <p className="pad note">
            No lease is alive. Keys without a lease stay until they are deleted.
          </p>
        ) : (
          <div className="tw" tabIndex={0} role="region" aria-label="Leases, table">
            <table className="t cards tall">
              <thead>
                <tr>
                  <th>Lease</th>
                  <th>Left</th>
                  <th className="num">Granted</th>
                  <th className="num">Keys</th>
                  <th>Holds</th>
                  <th>
                    <span className="vh">Do</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {view.leases.map((lease) => (
                  <LeaseRow
                    key={lease.id}
                    lease={lease}
                    at={view.at}
                    session={session}
                    end={() => setEnding(lease)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {ending === undefined ? null : (
        <RevokeDialog lease={ending} close={() => setEnding(undefined)} />
      )}
    </>
  );
}

function LeaseRow({
  lease,
  at,
  session,
  end,
}: {
  readonly lease: LeaseView;
  readonly at: number;
  readonly session: SessionView | undefined;
  readonly end: () => void;
}): ReactNode {
  const now = useNow(1_000);
  const left = Math.max(0, lease.left - Math.floor((now - at) / 1_000));
  const open = session?.writes === "open";
  return (
    <tr>
      <td className="wide mono">
        {lease.id}
        <span className="sub">{lease.decimal}</span>
      </td>
      <td data-l="Left" className="nowrap">
        <span className="g ttl">
          <i />
          <i style={{ width: `${Math.min(100, (left / Math.max(1, lease.granted)) * 100)}%` }} />
        </span>
        <span className="sub">{durationText(left * 1_000)}</span>
      </td>
      <td data-l="Granted" className="num">
        {durationText(lease.granted * 1_000)}
      </td>
      <td data-l="Keys" className="num">
        {numberText(lease.keyCount)}
      </td>
      <td className="wide">
        {lease.keys.slice(0, 3).map((id) => (
          <Link key={id} className="mono key-line" to="/keys/$key" params={{ key: id }}>
            {keyText(fromBase64(id))}
          </Link>
        ))}
        {lease.keyCount > 3 ? (
          <span className="sub">and {plural(lease.keyCount - 3, "more", "more")}</span>
        ) : null}
        {lease.keyCount === 0 ? <span className="faint">no key</span> : null}
      </td>
      <td>
        <button
          className="btn del"
          aria-label={`Revoke ${lease.id}`}
          aria-disabled={!open}
          title={open ? undefined : session?.writesNote}
          onClick={() => open && end()}
        >
          Revoke
        </button>
      </td>
    </tr>
  );
}

function RevokeDialog({
  lease,
  close,
}: {
  readonly lease: LeaseView;
  readonly close: () => void;
}): ReactNode {
  const revoke = useMutation({
    mutationFn: () => post("leases/revoke", { id: lease.id }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["leases"] });
      close();
    },
  });
  return (
    <Dialog label="Revoke a lease" close={close}>
      <div className="ks form">
        <h2>Revoke lease {lease.id}</h2>
        <p className="note">
          {lease.keyCount === 0
            ? "It holds no key. Whoever keeps it alive loses it."
            : `${plural(lease.keyCount, "key")} go with it, and whoever keeps it alive loses it: a lock, a leadership, a registration.`}
        </p>
        <ul className="mono small">
          {lease.keys.map((id) => (
            <li key={id}>{keyText(fromBase64(id))}</li>
          ))}
        </ul>
        {revoke.error === null ? null : (
          <Message kind="act" icon="act" title={revoke.error.message} />
        )}
        <div className="row">
          <button
            className="btn del sure"
            disabled={revoke.isPending}
            onClick={() => revoke.mutate()}
          >
            Revoke, and delete {plural(lease.keyCount, "key")}
          </button>
          <button className="btn bare" autoFocus onClick={close}>
            Keep it
          </button>
        </div>
      </div>
    </Dialog>
  );
}

import type { HashView } from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { get } from "../../data/api.ts";
import { Failed, Message, State } from "../../parts/states.tsx";
import { numberText } from "../../parts/words.ts";

/** The same revision hashed on every member. */
export function HashesTab(): ReactNode {
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["hashes"],
    queryFn: ({ signal }) => get<HashView>("maintenance/hashes", {}, signal),
    enabled: false,
  });
  return (
    <div className="sheet">
      <section className="cell" aria-labelledby="hash-head">
        <div className="ch">
          <h2 id="hash-head">Compare hashes</h2>
          <span className="more">
            <button className="btn pri" disabled={isFetching} onClick={() => void refetch()}>
              {isFetching ? "Hashing…" : "Compare now"}
            </button>
          </span>
        </div>
        <p className="note">
          Every member reads all of its keys with their history once. On a large database this takes
          seconds, and costs the member's processor.
        </p>
        {error === null ? null : <Failed error={error} what="The hashes" />}
        <div role="status" className="form above">
          {data === undefined ? null : <HashVerdict view={data} />}
        </div>
        {data === undefined ? null : <HashTable view={data} />}
      </section>
    </div>
  );
}

function HashVerdict({ view }: { readonly view: HashView }): ReactNode {
  if (view.equal === undefined) {
    return (
      <Message title="There is nothing to compare.">
        Two members have to answer with the same compaction.
      </Message>
    );
  }
  return view.equal ? (
    <Message
      icon="fine"
      title={`All members have the same data at ${numberText(view.revision)}.`}
    />
  ) : (
    <Message kind="act" icon="act" title={`Members differ at ${numberText(view.revision)}.`}>
      Find out which one is wrong: the majority is right. Take a snapshot, then{" "}
      <Link to="/maintenance/$tab" params={{ tab: "members" }}>
        replace it
      </Link>
      .
    </Message>
  );
}

function HashTable({ view }: { readonly view: HashView }): ReactNode {
  const counts = new Map<number, number>();
  for (const { hash } of view.members) {
    if (hash !== undefined) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  return (
    <table className="t in">
      <thead>
        <tr>
          <th>Member</th>
          <th>Hash at {numberText(view.revision)}</th>
          <th className="num">Compacted to</th>
          <th>State</th>
        </tr>
      </thead>
      <tbody>
        {view.members.map(({ id, name, hash, compactRevision, error }) => (
          <tr key={id}>
            <td>{name || id}</td>
            <td className="mono">{hash === undefined ? "" : hash.toString(16).padStart(8, "0")}</td>
            <td className="num mono">
              {compactRevision === undefined ? "" : numberText(Math.max(0, compactRevision))}
            </td>
            <td>
              {error !== undefined ? (
                <State is="off">{error}</State>
              ) : hash === most || view.equal === undefined ? (
                <State is="fine">Told</State>
              ) : (
                <State is="act">Differs</State>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import type { AuditEntry } from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { get } from "../../data/api.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed, Skeleton, State } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { numberText, plural } from "../../parts/words.ts";

const STATES = { done: "fine", refused: "look", failed: "act" } as const;

/** What was done through this console. */
export function AuditPage(): ReactNode {
  useTitle("Audit");
  const [words, setWords] = useState("");
  const { data, error } = useQuery({
    queryKey: ["audit"],
    queryFn: ({ signal }) => get<{ entries: AuditEntry[] }>("audit", {}, signal),
    refetchInterval: 5_000,
  });
  if (data === undefined) {
    return error === null ? <Skeleton rows={8} /> : <Failed error={error} what="The audit list" />;
  }
  const wanted = words.toLowerCase();
  const entries = data.entries.filter((entry) =>
    [entry.user, entry.action, entry.target, entry.detail].join(" ").toLowerCase().includes(wanted),
  );
  return (
    <>
      <div className="head">
        <h1>Audit</h1>
        <p>
          {plural(data.entries.length, "act")} through this console since it was started. What
          others do goes past it.
        </p>
        <label className="fld">
          <Icon name="search" />
          <span className="vh">Filter</span>
          <input
            data-search
            placeholder="Who, what, which key"
            value={words}
            onChange={({ target }) => setWords(target.value)}
          />
        </label>
      </div>
      <section className="cell flush sheet-top" aria-label="Acts">
        <Acts entries={entries} />
      </section>
    </>
  );
}

function Acts({ entries }: { readonly entries: readonly AuditEntry[] }): ReactNode {
  if (entries.length === 0) return <p className="pad note">Nothing was done yet.</p>;
  return (
    <div className="tw" tabIndex={0} role="region" aria-label="Acts, table">
      <table className="t cards">
        <thead>
          <tr>
            <th>Time</th>
            <th>Who</th>
            <th>From</th>
            <th>What</th>
            <th>Of what</th>
            <th>Outcome</th>
            <th className="num">Revision</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, at) => (
            <tr key={`${entry.at} ${at}`}>
              <td className="nowrap">
                <Time at={entry.at} />
              </td>
              <td data-l="Who">{entry.user}</td>
              <td data-l="From">{entry.from}</td>
              <td data-l="What">{entry.action}</td>
              <td data-l="Of what" className="mono wide wrap">
                {entry.target}
              </td>
              <td data-l="Outcome">
                <State is={STATES[entry.outcome]}>{entry.outcome}</State>
                {entry.detail === "" ? null : <span className="sub">{entry.detail}</span>}
              </td>
              <td data-l="Revision" className="num mono">
                {entry.revision === undefined ? "" : numberText(entry.revision)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

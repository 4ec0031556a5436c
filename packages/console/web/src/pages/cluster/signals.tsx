import type { ClusterView, Signal } from "@nodetcd/console/contract";
import type { ReactNode } from "react";
import { Spark } from "../../parts/spark.tsx";
import { Blank, State } from "../../parts/states.tsx";
import { figureText } from "../../parts/words.ts";

const WORDS = { act: "Act", look: "Look", fine: "Fine" } as const;

/** Every figure with its limit and a sentence, worst first. */
export function SignalsCell({ view }: { readonly view: ClusterView }): ReactNode {
  const { signals } = view;
  const of = (rank: Signal["rank"]): number => signals.filter((one) => one.rank === rank).length;
  return (
    <section className="cell flush" aria-labelledby="signals-head">
      <div className="ch">
        <h2 id="signals-head">Signals</h2>
        <span className="small dim">
          {of("act")} to act on, {of("look")} to look at, {of("fine")} fine
        </span>
      </div>
      <div className="tw" tabIndex={0} role="region" aria-label="Signals, table">
        <table className="t cards">
          <thead>
            <tr>
              <th>Signal</th>
              <th>State</th>
              <th className="num">Now</th>
              <th className="num">Limit</th>
              <th>Last 6 h</th>
              <th className="say">What it says</th>
            </tr>
          </thead>
          <tbody>
            {signals.map((signal) => (
              <SignalRow key={signal.id} signal={signal} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function SignalRow({ signal }: { readonly signal: Signal }): ReactNode {
  const { label, rank, now, limit, unit, recent, text } = signal;
  return (
    <tr>
      <td className="wide nowrap">{label}</td>
      <td data-l="State">
        <State is={now === undefined && limit !== undefined ? "off" : rank}>
          {now === undefined && limit !== undefined ? "Unknown" : WORDS[rank]}
        </State>
      </td>
      <td data-l="Now" className="num">
        {now === undefined ? (
          <Blank why={text} />
        ) : (
          <>
            <span className={{ act: "bad", look: "hot", fine: "" }[rank]}>{figureText(now)}</span>{" "}
            <span className="u">{unit}</span>
          </>
        )}
      </td>
      <td data-l="Limit" className="num">
        <span className="u">{limit === undefined ? "–" : `${figureText(limit)} ${unit}`}</span>
      </td>
      <td data-l="6 h">
        <Spark values={recent} limit={limit} rank={rank} />
      </td>
      <td className="wide dim small">{text}</td>
    </tr>
  );
}

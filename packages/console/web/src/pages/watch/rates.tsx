import { fromBase64, type KeyId, keyText } from "@nodetcd/console/contract";
import type { ReactNode } from "react";
import { figureText, numberText } from "../../parts/words.ts";
import type { TailState } from "./use-tail.ts";

const SECONDS = 300;

/** Events a second over five minutes; a square root, so that quiet times are seen beside a burst. */
export function RateLine({ rates }: { readonly rates: TailState["rates"] }): ReactNode {
  const newest = Math.max(rates.at(-1)?.at ?? 0, Math.floor(Date.now() / 1_000));
  const top = Math.max(1, ...rates.map(({ count }) => count));
  const points = Array.from({ length: SECONDS }, () => 0);
  for (const { at, count } of rates) {
    const place = SECONDS - 1 - (newest - at);
    if (place >= 0) points[place] = count;
  }
  const path = points
    .map(
      (count, at) =>
        `${at === 0 ? "M" : "L"}${at},${(58 - Math.sqrt(count / top) * 52).toFixed(1)}`,
    )
    .join(" ");
  const last = rates.at(-1);
  const now = last !== undefined && newest - last.at <= 2 ? (rates.at(-2)?.count ?? last.count) : 0;
  return (
    <section aria-labelledby="rate-head">
      <div className="ch">
        <h2 id="rate-head">Events a second</h2>
        <span className="more">
          <b className="strong">{numberText(now)}</b> now, {numberText(top)} at most
        </span>
      </div>
      <svg
        className="rate"
        viewBox={`0 0 ${SECONDS} 60`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Events a second over five minutes, at most ${top}`}
      >
        <path className="fill" d={`${path} L${SECONDS - 1},60 L0,60 Z`} />
        <path className="l1" d={path} />
      </svg>
      <div className="small faint ends">
        <span>5 min ago</span>
        <span>now</span>
      </div>
    </section>
  );
}

/** Which prefixes change most. */
export function Groups({ groups }: { readonly groups: ReadonlyMap<KeyId, number> }): ReactNode {
  const sorted = [...groups].toSorted((a, b) => b[1] - a[1]).slice(0, 8);
  const top = sorted[0]?.[1] ?? 1;
  return (
    <section aria-labelledby="group-head">
      <div className="ch">
        <h2 id="group-head">By prefix</h2>
        <span className="more">a second, last minute</span>
      </div>
      {sorted.length === 0 ? <p className="note">Nothing yet.</p> : null}
      {sorted.map(([id, count]) => (
        <div className="hb" key={id}>
          <span className="mono clip">
            {id === "" ? "everything else" : keyText(fromBase64(id))}
          </span>
          <span className="num">{figureText(count / 60)}</span>
          <span className="g">
            <i />
            <i style={{ width: `${(count / top) * 100}%` }} />
          </span>
        </div>
      ))}
    </section>
  );
}

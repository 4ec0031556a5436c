import type { Rank } from "@nodetcd/console/contract";
import type { ReactNode } from "react";

/** A small line of recent values with its limit; gaps stay gaps. */
export function Spark({
  values,
  limit,
  rank,
}: {
  readonly values: readonly (number | null)[];
  readonly limit: number | undefined;
  readonly rank: Rank;
}): ReactNode {
  const told = values.filter((value) => value !== null);
  if (told.length === 0) return null;
  const top = Math.max(
    ...told,
    limit !== undefined && Math.max(...told) > limit / 4 ? limit : 0,
    1e-9,
  );
  const y = (value: number): string => (19 - (value / top) * 17).toFixed(1);
  let pen = "M";
  let path = "";
  values.forEach((value, at) => {
    if (value === null) {
      pen = "M";
      return;
    }
    const x = (at / Math.max(1, values.length - 1)) * 88;
    path += `${pen}${x.toFixed(1)},${y(value)} `;
    if (pen === "M") path += `l0.1,0 `;
    pen = "L";
  });
  return (
    <svg
      className={`spark ${rank === "act" ? "act" : rank === "look" ? "warn" : ""}`}
      viewBox="0 0 88 20"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {limit !== undefined && limit <= top ? (
        <path className="lim" d={`M0,${y(limit)} H88`} />
      ) : null}
      <path className="v" d={path} />
    </svg>
  );
}

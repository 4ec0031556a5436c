import type { ReactNode } from "react";
import { Coloured } from "./code.tsx";
import { diffLines } from "./diff.ts";

const SIGNS = { same: "", add: "+", del: "−", skip: "" } as const;

/** Two texts as the lines by which they differ. */
export function DiffView({
  before,
  after,
  label,
}: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}): ReactNode {
  const lines = diffLines(before, after);
  if (before === after) return <p className="pad note">No line differs.</p>;
  return (
    <pre className="code" tabIndex={0} role="region" aria-label={label}>
      {lines.map(({ kind, text, at }, index) => (
        <span
          key={index}
          data-n={kind === "skip" ? "⋯" : at}
          className={kind === "skip" ? "skipped" : kind === "same" ? undefined : kind}
        >
          <i>{SIGNS[kind]}</i>
          <b>{kind === "skip" ? text : <Coloured line={text} />}</b>
        </span>
      ))}
    </pre>
  );
}

import type { SpaceEntry, SpaceView } from "@nodetcd/console/contract";
import type { ReactNode } from "react";
import {
  durationText,
  figureText,
  numberText,
  plural,
  sizeParts,
  sizeText,
} from "../../parts/words.ts";
import { EntryLink, nameOf } from "./entry-link.tsx";

/** What every prefix has and takes. */
export function SpaceTable({
  view,
  entries,
  total,
}: {
  readonly view: SpaceView;
  readonly entries: readonly SpaceEntry[];
  readonly total: number;
}): ReactNode {
  const { heat } = view;
  const note =
    heat.seconds < 2
      ? "The console begins to count writes now."
      : `Writes are counted since ${durationText(heat.seconds * 1_000)}: ${numberText(heat.events)} in all.`;
  return (
    <section className="cell flush sheet-top" aria-label="Prefixes">
      <div className="tw" tabIndex={0} role="region" aria-label="Prefixes, table">
        <table className="t cards">
          <thead>
            <tr>
              <th>Prefix or key</th>
              <th className="num">Keys</th>
              <th className="num">Bytes</th>
              <th>Share</th>
              <th className="num">A key</th>
              <th className="num">History</th>
              <th className="num">Writes / s</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <Row key={entry.id} entry={entry} total={total} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="pad note">
        {note} Bytes are those of keys and newest values; ≈ is reckoned from the first 256 values of
        a prefix. History is what older versions take, once it was measured.
      </p>
    </section>
  );
}

function Row({ entry, total }: { readonly entry: SpaceEntry; readonly total: number }): ReactNode {
  return (
    <tr>
      <td className="wide mono">
        <EntryLink entry={entry}>{nameOf(entry)}</EntryLink>
      </td>
      <td data-l="Keys" className="num">
        {numberText(entry.keys)}
      </td>
      <td data-l="Bytes" className="num">
        {entry.sampled ? "≈ " : ""}
        {sizeParts(entry.live)[0]} <span className="u">{sizeParts(entry.live)[1]}</span>
      </td>
      <td data-l="Share" className="wide">
        <span className="g">
          <i />
          <i style={{ width: `${(entry.live / Math.max(1, total)) * 100}%` }} />
        </span>
      </td>
      <td data-l="A key" className="num">
        {sizeText(Math.round(entry.live / Math.max(1, entry.keys)))}
      </td>
      <td data-l="History" className="num">
        {entry.history === undefined ? (
          <span className="u">–</span>
        ) : (
          <span title={plural(entry.versions ?? 0, "older version")}>
            {sizeText(entry.history)}
          </span>
        )}
      </td>
      <td data-l="Writes" className="num">
        {entry.writes === undefined ? (
          <span className="u">–</span>
        ) : (
          figureText(Math.round(entry.writes * 100) / 100)
        )}
      </td>
    </tr>
  );
}

import { fromBase64, keyText, type SpaceView } from "@nodetcd/console/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { durationText, figureText, numberText, sizeText } from "../../parts/words.ts";

/** The keys that are written most, and by whose lease. */
export function TopKeysCell({ view: { top, heat } }: { readonly view: SpaceView }): ReactNode {
  return (
    <section className="cell flush sheet-top" aria-labelledby="top-head">
      <div className="ch pad">
        <h2 id="top-head">Written most</h2>
        <span className="small dim">
          {heat.seconds < 2 ? "counting begins" : `within ${durationText(heat.seconds * 1_000)}`}
        </span>
      </div>
      {top.length === 0 ? (
        <p className="pad note">No key was written since the console began to count.</p>
      ) : (
        <div className="tw" tabIndex={0} role="region" aria-label="Written most, table">
          <table className="t cards">
            <thead>
              <tr>
                <th>Key</th>
                <th className="num">Writes</th>
                <th className="num">Writes / s</th>
                <th className="num">Bytes / s</th>
                <th>By lease</th>
              </tr>
            </thead>
            <tbody>
              {top.map((one) => (
                <tr key={one.id}>
                  <td className="wide mono">
                    <Link to="/keys/$key" params={{ key: one.id }}>
                      {keyText(fromBase64(one.id))}
                    </Link>
                  </td>
                  <td data-l="Writes" className="num">
                    {numberText(one.writes)}
                  </td>
                  <td data-l="Writes / s" className="num">
                    {figureText(Math.round(one.rate * 100) / 100)}
                  </td>
                  <td data-l="Bytes / s" className="num">
                    {sizeText(Math.round(one.bytesRate))}
                  </td>
                  <td data-l="By lease" className="mono">
                    {one.lease === undefined ? (
                      <span className="u">none</span>
                    ) : (
                      <Link to="/leases">{one.lease}</Link>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

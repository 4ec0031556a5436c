import type { ReactNode } from "react";
import { apiUrl } from "../../data/api.ts";
import { Icon } from "../../parts/icon.tsx";
import { OpenSnapshot } from "./open-snapshot.tsx";

/** A copy of everything, and how to use it. */
export function SnapshotTab(): ReactNode {
  return (
    <div className="sheet">
      <section className="cell" aria-labelledby="snapshot-head">
        <div className="ch">
          <h2 id="snapshot-head">Download a snapshot</h2>
        </div>
        <p className="note">
          The database of one member at one moment, with a checksum at its end, as{" "}
          <code>etcdctl snapshot save</code> writes it. It has everything: keys, history, leases,
          users with their password hashes. Keep it as safe as the cluster.
        </p>
        <div className="row above">
          <a className="btn pri" href={apiUrl("maintenance/snapshot")} download>
            <Icon name="camera" /> Download a snapshot
          </a>
        </div>
        <p className="note above">
          To bring a cluster back from it: <code>etcdutl snapshot restore FILE --data-dir NEW</code>{" "}
          on each member, then start them with the new data directories.
        </p>
      </section>
      <OpenSnapshot />
    </div>
  );
}

import type { ClusterView, MemberView } from "@nodetcd/console/contract";
import type { ReactNode } from "react";
import { Icon } from "../../parts/icon.tsx";
import { Blank, State } from "../../parts/states.tsx";
import { figureText, numberText, sizeParts } from "../../parts/words.ts";

const STATES = {
  serving: ["fine", "Serving"],
  lagging: ["look", "Lagging"],
  silent: ["act", "Silent"],
  "not started": ["off", "Not started"],
} as const;

/** The members, a line each. */
export function MembersCell({ view }: { readonly view: ClusterView }): ReactNode {
  const { members, answering, quorum, raftTerm, raftIndex } = view;
  const facts = [
    `${answering} of ${members.length} ${members.length === 1 ? "answers" : "answer"}`,
    `quorum ${quorum}`,
    ...(raftTerm === undefined ? [] : [`term ${numberText(raftTerm)}`]),
    ...(raftIndex === undefined ? [] : [`raft index ${numberText(raftIndex)}`]),
  ];
  return (
    <section className="cell flush" aria-labelledby="members-head">
      <div className="ch">
        <h2 id="members-head">Members</h2>
        <span className="small dim">{facts.join(" · ")}</span>
        <span className="more key">
          <span>
            <i className="sw used" />
            in use
          </span>
          <span>
            <i className="sw free" />
            free in the file
          </span>
          <span>
            <i className="sw room" />
            up to the quota
          </span>
        </span>
      </div>
      <div className="tw" tabIndex={0} role="region" aria-label="Members, table">
        <table className="t tall cards">
          <thead>
            <tr>
              <th>Member</th>
              <th>State</th>
              <th>Role</th>
              <th>Version</th>
              <th>Raft log</th>
              <th className="num">Behind</th>
              <th>Database</th>
              <th className="num">In use / file</th>
              <th className="num">fsync p99</th>
              <th className="num">commit p99</th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <MemberRow key={member.id} member={member} view={view} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function MemberRow({
  member,
  view,
}: {
  readonly member: MemberView;
  readonly view: ClusterView;
}): ReactNode {
  const [rank, word] = STATES[member.state];
  const { notTold } = member;
  return (
    <tr>
      <td className="wide">
        <b className="strong">{member.name || "no name yet"}</b>{" "}
        <span className="dim">{hostOf(member)}</span>
        <span className="sub mono">{member.id}</span>
      </td>
      <td data-l="State">
        <State is={rank}>{word}</State>
        {member.error === undefined ? null : <span className="sub clip-40">{member.error}</span>}
      </td>
      <td data-l="Role" className="nowrap">
        {member.role === "leader" ? <Icon name="flag" /> : null} {member.role}
      </td>
      <td data-l="Version" className="nowrap">
        {member.version ?? <Blank why={notTold["status"]} />}
        {member.storageVersion === undefined ? null : (
          <span className="sub">storage {member.storageVersion}</span>
        )}
      </td>
      <td data-l="Raft log" className="wide">
        <Lane member={member} view={view} />
      </td>
      <td data-l="Behind" className="num">
        <Behind member={member} />
      </td>
      <td data-l="Database" className="wide">
        <DatabaseGauge member={member} />
      </td>
      <td data-l="In use / file" className="num wide">
        <Sizes member={member} />
      </td>
      <td data-l="fsync p99" className="num">
        <Ms value={member.fsyncP99Ms} look={10} act={25} why={notTold["p99"]} />
      </td>
      <td data-l="commit p99" className="num">
        <Ms value={member.commitP99Ms} look={25} act={100} why={notTold["p99"]} />
      </td>
    </tr>
  );
}

function hostOf({ clientUrls }: MemberView): string {
  return clientUrls[0]?.replace(/^https?:\/\//, "") ?? "";
}

/** How far a member's log has got; the last thousand entries are the whole length. */
function Lane({
  member,
  view,
}: {
  readonly member: MemberView;
  readonly view: ClusterView;
}): ReactNode {
  if (member.behind === undefined || view.raftIndex === undefined) return null;
  const scale = Math.max(10_000, ...view.members.map(({ behind }) => (behind ?? 0) * 1.5));
  const part = Math.max(2, 100 - (member.behind / scale) * 100);
  return (
    <span className={member.state === "lagging" ? "lane warn" : "lane"}>
      <i style={{ width: `${part}%` }} />
      {member.state === "lagging" ? <s style={{ left: `${part}%` }} /> : null}
    </span>
  );
}

function Behind({ member }: { readonly member: MemberView }): ReactNode {
  if (member.behind === undefined) return <Blank why={member.notTold["status"]} />;
  if (member.role === "leader") return <span className="dim">leads</span>;
  return (
    <>
      <span className={member.state === "lagging" ? "hot" : ""}>{numberText(member.behind)}</span>{" "}
      <span className="u">entries</span>
    </>
  );
}

function DatabaseGauge({ member }: { readonly member: MemberView }): ReactNode {
  const { dbSize, dbSizeInUse, quota } = member;
  if (dbSize === undefined) return null;
  const whole = quota ?? dbSize;
  const share = (bytes: number): string => `${Math.min(100, (bytes / whole) * 100)}%`;
  const full = quota === undefined ? 0 : dbSize / quota;
  return (
    <span className={`g ${full >= 0.95 ? "act" : full >= 0.8 ? "warn" : ""}`}>
      <i style={{ width: share(dbSize) }} />
      <i style={{ width: share(dbSizeInUse ?? dbSize) }} />
    </span>
  );
}

function Sizes({ member }: { readonly member: MemberView }): ReactNode {
  const { dbSize, dbSizeInUse, quota, notTold } = member;
  if (dbSize === undefined) return <Blank why={notTold["status"]} />;
  const [file, unit] = sizeParts(dbSize);
  const [used, usedUnit] = dbSizeInUse === undefined ? ["", unit] : sizeParts(dbSizeInUse);
  return (
    <>
      {dbSizeInUse === undefined ? <Blank why={notTold["dbSizeInUse"]} /> : used}
      {usedUnit === unit ? "" : ` ${usedUnit}`} / {file} <span className="u">{unit}</span>
      <span className="sub">
        {quota === undefined ? (
          <span title={notTold["quota"]}>quota not told</span>
        ) : (
          `quota ${sizeParts(quota).join(" ")}`
        )}
      </span>
    </>
  );
}

function Ms({
  value,
  look,
  act,
  why,
}: {
  readonly value: number | undefined;
  readonly look: number;
  readonly act: number;
  readonly why: string | undefined;
}): ReactNode {
  if (value === undefined) return <Blank why={why} />;
  return (
    <>
      <span className={value >= act ? "bad" : value >= look ? "hot" : ""}>{figureText(value)}</span>{" "}
      <span className="u">ms</span>
    </>
  );
}

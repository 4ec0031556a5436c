import type { MaintenanceView, MemberPlan, TaskView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Message, State } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { numberText } from "../../parts/words.ts";
import { Gates, Steps } from "./task.tsx";

const reload = (): void => void queryClient.invalidateQueries({ queryKey: ["maintenance"] });

/** Who leads, and a member that is lost or has wrong data replaced by an empty one. */
export function MembersTab({ view }: { readonly view: MaintenanceView }): ReactNode {
  const { data: session } = useSession();
  const [leaving, setLeaving] = useState<MemberPlan>();
  const move = useMutation({
    mutationFn: (id: string) => post("maintenance/move-leader", { id }),
    onSuccess: reload,
  });
  const open = session?.writes === "open";
  const busy = view.task !== undefined && view.task.ended === undefined;
  const task = view.task?.kind === "replace" ? view.task : undefined;
  return (
    <div className="sheet">
      <section className="cell c8" aria-labelledby="members-head">
        <div className="ch">
          <h2 id="members-head">Members</h2>
          <span className="small dim">who leads, and who is replaced</span>
        </div>
        <MemberTable
          view={view}
          why={open ? (busy ? "Another task is running" : "") : (session?.writesNote ?? "")}
          lead={(member) => move.mutate(member.id)}
          replace={setLeaving}
        />
        {move.error === null ? null : <Message kind="act" icon="act" title={move.error.message} />}
        <p className="note above">
          A member whose disk is slow should not lead: every write waits for the leader. A member
          that is lost for good, or whose data differs, is replaced: it leaves the cluster and comes
          back empty, without a vote until it has caught up.
        </p>
        {task === undefined ? null : (
          <>
            <div className="ch">
              <h2>{task.title}</h2>
            </div>
            <Steps steps={task.steps} />
          </>
        )}
      </section>
      <section className="cell c4" aria-labelledby="gate-head">
        <div className="ch">
          <h2 id="gate-head">Health</h2>
          <span className="more">asked every 2 s</span>
        </div>
        <Gates gates={view.gates} />
      </section>
      {leaving === undefined ? null : (
        <ReplaceDialog member={leaving} close={() => setLeaving(undefined)} />
      )}
    </div>
  );
}

function MemberTable({
  view: { plan },
  why,
  lead,
  replace,
}: {
  readonly view: MaintenanceView;
  /** Why nothing can be changed now; empty when it can. */
  readonly why: string;
  readonly lead: (member: MemberPlan) => void;
  readonly replace: (member: MemberPlan) => void;
}): ReactNode {
  return (
    <table className="t in cards">
      <thead>
        <tr>
          <th>Member</th>
          <th>Role</th>
          <th>State</th>
          <th className="num">Behind</th>
          <th>
            <span className="vh">Do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {plan.map((member) => {
          const name = member.name || member.id;
          return (
            <tr key={member.id}>
              <td className="wide">
                <b className="strong">{name}</b>
                <span className="sub mono">{member.id}</span>
              </td>
              <td data-l="Role">{member.role}</td>
              <td data-l="State">
                {member.error === undefined ? (
                  <State is="fine">Answers</State>
                ) : (
                  <span title={member.error}>
                    <State is="act">Silent</State>
                  </span>
                )}
              </td>
              <td data-l="Behind" className="num">
                {member.behind === undefined ? "" : numberText(member.behind)}
              </td>
              <td>
                <MemberButtons
                  member={member}
                  alone={plan.length === 1}
                  {...{ why, lead, replace }}
                />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function MemberButtons({
  member,
  alone,
  why,
  lead,
  replace,
}: {
  readonly member: MemberPlan;
  /** It is the only one: nobody could follow it. */
  readonly alone: boolean;
  readonly why: string;
  readonly lead: (member: MemberPlan) => void;
  readonly replace: (member: MemberPlan) => void;
}): ReactNode {
  const name = member.name || member.id;
  const canLead = member.role === "follower" && member.error === undefined;
  const off = why === "" ? {} : { title: why };
  return (
    <span className="row keep tight">
      {canLead ? (
        <button
          className="btn"
          aria-label={`Let it lead: ${name}`}
          aria-disabled={why !== ""}
          {...off}
          onClick={() => why === "" && lead(member)}
        >
          Let it lead
        </button>
      ) : null}
      {!alone ? (
        <button
          className="btn del"
          aria-label={`Replace ${name}`}
          aria-disabled={why !== ""}
          {...off}
          onClick={() => why === "" && replace(member)}
        >
          Replace…
        </button>
      ) : null}
    </span>
  );
}

function ReplaceDialog({
  member,
  close,
}: {
  readonly member: MemberPlan;
  readonly close: () => void;
}): ReactNode {
  const name = member.name || member.id;
  const begin = useMutation({
    mutationFn: () => post<TaskView>("maintenance/replace", { id: member.id, name }),
    onSuccess: () => {
      reload();
      close();
    },
  });
  return (
    <Dialog label={`Replace ${name}`} close={close}>
      <div className="ks form">
        <h2>Replace {name}</h2>
        <p className="note">
          It leaves the cluster; what only its disk has is not used again. Its successor has the
          same name and addresses, gets everything from the others, and votes when it has caught up.
          The steps say when to start it, and with which flags.
          {member.error === undefined ? " It still answers: stop it when the steps say so." : ""}
        </p>
        {begin.error === null ? null : (
          <Message kind="act" icon="act" title={begin.error.message} />
        )}
        <TypedName name={name}>
          {(typed) => (
            <>
              <button
                className="btn del sure"
                disabled={!typed || begin.isPending}
                onClick={() => begin.mutate()}
              >
                Replace {name} now
              </button>
              <button className="btn bare" onClick={close}>
                Keep it
              </button>
            </>
          )}
        </TypedName>
      </div>
    </Dialog>
  );
}

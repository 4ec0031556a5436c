import type { MaintenanceView, MemberPlan, TaskView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Icon } from "../../parts/icon.tsx";
import { Message } from "../../parts/states.tsx";
import { sizeText } from "../../parts/words.ts";
import { Gates, Steps } from "./task.tsx";

/** Followers first, the leader last, each behind the gates. */
export function DefragmentTab({ view }: { readonly view: MaintenanceView }): ReactNode {
  const { data: session } = useSession();
  const begin = useMutation({
    mutationFn: () => post<TaskView>("maintenance/defragment"),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ["maintenance"] }),
  });
  const open = session?.writes === "open";
  const running = view.task !== undefined && view.task.ended === undefined;
  const task = view.task?.kind === "defragment" ? view.task : undefined;
  const gain = view.plan.reduce(
    (sum, { size, inUse }) => sum + Math.max(0, (size ?? 0) - (inUse ?? size ?? 0)),
    0,
  );
  return (
    <div className="sheet">
      <section className="cell c8" aria-labelledby="plan-head">
        <div className="ch">
          <h2 id="plan-head">{task === undefined ? "Plan" : "Steps"}</h2>
          <span className="small dim">followers first, one at a time, the leader last</span>
        </div>
        {task === undefined ? <Plan plan={view.plan} /> : <Steps steps={task.steps} />}
        <p className="note above">
          A member answers nothing while its file is rewritten. The next step begins when all gates
          have held for 5 s; a defragmentation that has begun is let finish.
        </p>
        {begin.error === null ? null : (
          <Message kind="act" icon="act" title={begin.error.message} />
        )}
        <div className="row above">
          <button
            className="btn pri"
            disabled={!open || running || begin.isPending}
            title={open ? undefined : session?.writesNote}
            onClick={() => begin.mutate()}
          >
            Defragment {view.plan.length === 1 ? "the member" : `${view.plan.length} members`}
          </button>
          <span className="dim small">Gives back about {sizeText(gain)} in all.</span>
        </div>
      </section>
      <section className="cell c4" aria-labelledby="gate-head">
        <div className="ch">
          <h2 id="gate-head">Health gate</h2>
          <span className="more">asked every 2 s</span>
        </div>
        <Gates gates={view.gates} />
      </section>
    </div>
  );
}

function Plan({ plan }: { readonly plan: readonly MemberPlan[] }): ReactNode {
  const heir = plan[0];
  return (
    <ol className="steps">
      {plan.flatMap((member) => [
        ...(member.role === "leader" && plan.length > 1
          ? [
              <li key="hand-over">
                <Icon name="flag" />
                <b className="strong">
                  Hand leadership from {member.name || member.id} to {heir?.name || heir?.id}
                </b>
                <span className="tm" />
                <p>Writes go on; the leader is defragmented as a follower.</p>
              </li>,
            ]
          : []),
        <li key={member.id}>
          <Icon name="open" />
          <b className="strong">Defragment {member.name || member.id}</b>
          <span className="tm">{member.role}</span>
          <p>
            {member.size === undefined
              ? "Its size is not told."
              : `${sizeText(member.size)}, of which ${sizeText(member.inUse ?? member.size)} are in use.`}
          </p>
        </li>,
      ])}
    </ol>
  );
}
